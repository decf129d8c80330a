"""What there is for a predictive tag to learn from, and what a training would make of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import EvidenceError, LimnerError
from ..features.dataset import Outcomes, known_outcomes
from ..features.periods import ENOUGH_OUTCOMES, telling_of
from ..features.question import TagQuestion
from ..models.folds import Split, split
from ..models.ladder import Evidence, evidence_of, recipe_for, rung_above
from ..models.value.ladder import recipe_of
from ..quantities import Duration
from ..timeline import DAY
from .finding import Finding, counted, refused
from .material import Material, about_feeding
from .supply import day_of

__all__ = ["about_learning"]

_TELLING = {False: "of the rarer outcome", True: "with an amount"}
"""What there must be enough of, by whether the outcome is a number."""
_FEW_CUTOFFS = 3
"""Below so many there is no cutoff each to train, tune and test at."""


def about_learning(material: Material, question: TagQuestion) -> Iterator[Finding]:
    """Each thing that a training of the tag needs; rows and labels are its own, for its first pass finds them."""
    spec, tag = material.project.spec, question.tag
    try:
        found = known_outcomes(
            material.log, question, spec.features, engine=material.engine, progress=material.progress
        )
    except LimnerError as error:
        yield refused(tag, "history", error)
        yield about_feeding(material, tag, _event_types(material, question))
        return
    if len(found.users):
        yield _history(material, question, found)
    yield _users(material, tag, found)
    if len(found.users):
        yield _outcome(question, found)
    yield about_feeding(material, tag, _event_types(material, question), _of_holes(material, question, found))
    if telling_of(is_amount=question.target.is_amount)(found.labels):
        yield from _training(material, question, found)


def _event_types(material: Material, question: TagQuestion) -> set[str]:
    signals = {signal.event_type for signal in material.project.spec.features.signals.values()}
    cohort = {question.cohort.event_type} if question.cohort else set()
    return signals | cohort | {question.target.event, question.cutoffs.on or question.target.event}


def _history(material: Material, question: TagQuestion, found: Outcomes) -> Finding:
    instants, event = np.unique(found.cutoffs), question.target.event
    days = counted((material.log.watermark_of(event) - material.log.starts_at) // DAY, "day")
    before, after = material.project.spec.features.first_cutoff_after, Duration(question.delay)
    many = "triggers" if question.at_triggers else counted(len(instants), "cutoff")
    told = (
        f"{days} of log, {before} wanted before a cutoff and {after} after it: "
        f"{many} from {day_of(int(instants[0]))} to {day_of(int(instants[-1]))}"
    )
    if len(instants) >= _FEW_CUTOFFS:
        return Finding("ok", "history", told, "", question.tag)
    mend = "three and more are needed to train, tune and test forward in time: ingest more, or shorten the horizon"
    return Finding("warning", "history", told, mend, question.tag)


def _users(material: Material, tag: str, found: Outcomes) -> Finding:
    users, of, rows = len(set(found.users)), counted(material.log.users, "user"), counted(len(found.users), "row")
    if users:
        return Finding("ok", "users", f"{users:,} of {of} can be learned from, in {rows}", "", tag)
    told = f"none of {of} is in the cohort at a cutoff whose outcome is known"
    return Finding("refused", "users", told, "widen the cohort, or check its event and condition", tag)


def _outcome(question: TagQuestion, found: Outcomes) -> Finding:
    tag = question.tag
    people, positives = evidence_of(found.users, found.labels), int(found.labels.sum())
    if not telling_of(is_amount=question.target.is_amount)(found.labels):
        told = "every row has the outcome" if positives else "no row has the outcome"
        mend = "a prediction needs both: check the target's event and condition, or change its horizon"
        return Finding("refused", "outcome", told, mend, tag)
    said = "with an amount" if question.target.is_amount else "with it"
    told = (
        f"{counted(positives, 'row')} {said} ({positives / len(found.labels):.1%}), of "
        f"{counted(people.positive_users, 'user')}; {counted(len(found.labels) - positives, 'row')} without it, of "
        f"{counted(people.negative_users, 'user')}"
    )
    return Finding("ok", "outcome", f"{told}{_of_amounts(question, found)}", "", tag)


def _of_amounts(question: TagQuestion, found: Outcomes) -> str:
    """What the rows come to where the outcome is a number, and how often it is below 0."""
    if not question.target.is_amount:
        return ""
    amounts, below = found.amounts, int((found.amounts < 0).sum())
    told = f"; {amounts.mean():,.2f} a row in the mean, {amounts.max():,.2f} at most"
    return f"{told}; {counted(below, 'row')} below 0, as by refunds" if below else told


def _of_holes(material: Material, question: TagQuestion, found: Outcomes) -> str:
    """How many outcomes were looked for on days that are missing; empty where none was."""
    starts, touched = found.cutoffs + question.target.gap.seconds, np.zeros(len(found.cutoffs), np.bool_)
    for one in material.supplied:
        for hole in one.holes if question.target.event in one.event_types else ():
            touched |= (starts < hole.end) & (found.label_ends > hole.start)
    return f"; {touched.mean():.0%} of the outcomes were looked for then" if touched.any() else ""


def _training(material: Material, question: TagQuestion, found: Outcomes) -> Iterator[Finding]:
    folds, at_triggers = material.project.spec.training.folds, question.at_triggers
    is_amount = question.target.is_amount
    try:
        divided = split(
            found.cutoffs, found.label_ends, found.labels, folds, at_triggers=at_triggers, is_amount=is_amount
        )
    except EvidenceError as error:
        yield refused(question.tag, "periods", error)
        return
    yield _periods(question, found, divided)
    yield _recipe(question, evidence_of(found.users[divided.train], found.labels[divided.train]))


def _periods(question: TagQuestion, found: Outcomes, divided: Split) -> Finding:
    tag, labels, is_amount = question.tag, found.labels[divided.test], question.target.is_amount
    enough, telling = _TELLING[is_amount], telling_of(is_amount=is_amount)(labels)
    told = (
        f"{counted(len(divided.train), 'row')} to train on, in {counted(len(divided.folds), 'forward fold')}; "
        f"{len(labels):,} to test on, from {day_of(divided.test_start)}, {telling:,} {enough}"
    )
    if divided.is_proven:
        return Finding("ok", "periods", told, "", tag)
    mend = f"more users or a longer history: {ENOUGH_OUTCOMES} {enough} in the test prove something"
    return Finding("warning", "periods", f"{told}, so the grade will be unproven", mend, tag)


def _recipe(question: TagQuestion, evidence: Evidence) -> Finding:
    chosen = recipe_of if question.target.is_amount else recipe_for
    recipe = chosen(evidence)
    is_amount = question.target.is_amount
    people = evidence.positive_users if is_amount else evidence.rarer
    told = f"{recipe.sentence} ({counted(people, 'user')} {_TELLING[is_amount]} to train on"
    above = rung_above(Evidence(people, people))
    if above is not None:
        more = chosen(Evidence(above.people, above.people)).sentence.rpartition(": ")[2]
        told = f"{told}; from {above.people:,} on {more}"
    told += ")"
    if recipe.form != "rule":
        return Finding("ok", "recipe", told, "", question.tag)
    mend = "more users, a longer history, a longer horizon or a more frequent outcome make a model"
    return Finding("warning", "recipe", told, mend, question.tag)
