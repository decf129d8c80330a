"""What every model card has, whether chances or amounts were learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import jinja2
import numpy as np
from markupsafe import Markup

from .alarms import Alarm
from .choice import Choice
from .forms import said_of_form, said_of_rule
from .judge import Period
from .learned import Judged, Learned
from .plots import GRID, INK, MUTED
from .table import plan_of

__all__ = ["Shown", "comparison", "period_facts", "rendered", "said_of_choice", "told_of"]

_DRIVERS = 8


class Shown(NamedTuple):
    """How a measure is shown, and whether more or less of it is better; None where neither is."""

    title: str
    text: Callable[[float], str]
    more_is_better: bool | None


def rendered(view: Mapping[str, Any], pictures: Mapping[str, str]) -> str:
    """The page of what a card tells and its pictures, which needs no other file."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(files(__package__).joinpath("templates/card.html").read_text("utf-8"))
    return template.render(**view, figures={name: _inline(one) for name, one in pictures.items()})


def said_of_choice(choice: Choice, kind: str | None, best: str, gain: str) -> str:
    """What is published, the model or the rule, and why.

    Args:
        kind: of the model's recipe; None where there was no model.
        best: what made the rule the best one before the test, such as "ranked best".
        gain: what the model has more of, such as "average precision".
    """
    name = said_of_rule(choice.rule)[0]
    if kind is None:
        return f"Published is the rule, {name}: it {best} on the forward folds."
    value, low, high = choice.together
    has = f"{value:+.1%} {gain} ({low:+.1%} to {high:+.1%})"
    if choice.is_model:
        return (
            f"Published is the model: {said_of_form(kind)[0]}. Over the forward folds and the test together it has "
            f"{has} against the rule that was best before the test, {name}."
        )
    return (
        f"Published is the rule, {name}: it {best} of all rules on the forward folds. Against it, over these and the "
        f"test together, the model has {has}."
    )


def told_of(trained: Learned, lineage: Mapping[str, str], tried: tuple[int, int] | None) -> dict[str, Any]:
    """What it is, how good, what moves the score, which alarms are raised, and where it comes from.

    Args:
        tried: how many settings were tried and how many of these were pruned; None where there was no search.
    """
    subject, grade = trained.subject, trained.judgement.grade
    return {
        "tag": subject.tag,
        "title": subject.title or subject.tag,
        "title_zh": subject.title_zh,
        "description": subject.description,
        "grade": {"letter": grade.letter, "sentence": grade.en},
        "drivers": list(_drivers(trained)),
        "alarms": [_alarm(alarm) for alarm in trained.alarms],
        "alarm_finding": _alarm_finding(trained.alarms),
        "is_leaking": any(alarm.raised and alarm.is_leak for alarm in trained.alarms),
        "recipe": f"{trained.recipe.sentence[0].upper()}{trained.recipe.sentence[1:]}.",
        "settings": _settings(trained, tried),
        "lineage": list(lineage.items()),
    }


def comparison(judgement: Judged, measures: Mapping[str, Shown], what: str) -> dict[str, Any]:
    """All systems on the same rows, under a heading that says what was gained."""
    rows = [
        {"name": said_of_rule(name)[0], "cells": [_cell(judgement, name, *one) for one in measures.items()]}
        for name in judgement.measures
    ]
    value, low, high = judgement.gain.interval
    over = said_of_rule(judgement.gain.rule)[0]
    finding = f"{value:+.1%} {what} over the best of the others, {over} ({low:+.1%} to {high:+.1%})"
    titles = [how.title for how in measures.values()]
    return {"finding": finding, "metrics": titles, "rows": rows, "bootstraps": f"{judgement.bootstraps:,}"}


def period_facts(name: str, period: Period) -> Iterator[dict[str, str]]:
    """The rows of training or test, and how many had the outcome."""
    note = f"cutoffs {period.first[:10]} to {period.last[:10]}"
    yield {"name": f"{name} rows", "value": f"{period.rows:,}", "note": note}
    note = f"{period.positive_users:,} users, {period.rate:.1%} of rows"
    yield {"name": f"with the outcome, {name}", "value": f"{period.positives:,}", "note": note}


def _inline(picture: str) -> Markup:
    """The picture in the page's own colours, light or dark. Its texts are escaped by matplotlib."""
    for colour, name in ((INK, "ink"), (MUTED, "muted"), (GRID, "grid")):
        picture = picture.replace(colour, f"var(--{name})")
    return Markup(picture)  # noqa: S704


def _cell(judgement: Judged, name: str, measure: str, how: Shown) -> dict[str, Any]:
    found = judgement.measures[name][measure]
    values = [one[measure].value for one in judgement.measures.values()]
    best = {None: None, True: max(values), False: min(values)}[how.more_is_better]
    interval = f"{how.text(found.low)} to {how.text(found.high)}"
    return {"point": how.text(found.value), "interval": interval, "is_best": found.value == best}


def _drivers(trained: Learned) -> Iterator[dict[str, str]]:
    strength = np.abs(trained.sample.values).mean(axis=0)
    features = trained.ground.plan(trained.published.fitting).features
    for at in np.argsort(-strength, kind="stable")[:_DRIVERS]:
        if strength[at] > 0:
            share = f"{strength[at] / strength.sum():.0%}"
            yield {"share": share, "name": features[at].name, "sentence": features[at].sentence("en")}


def _alarm(alarm: Alarm) -> dict[str, str]:
    word, style = {None: ("not asked", "none"), False: ("quiet", "quiet")}.get(
        alarm.raised, ("alarm", "raised") if alarm.is_leak else ("warning", "warned")
    )
    return {"name": alarm.name, "word": word, "style": style, "evidence": alarm.evidence}


def _alarm_finding(alarms: Sequence[Alarm]) -> str:
    raised = [alarm for alarm in alarms if alarm.raised]
    leaks = sum(alarm.is_leak for alarm in raised)
    if not raised:
        return "No alarm is raised"
    return (
        f"{leaks} of {len(alarms)} alarms point to a leak" if leaks else f"{len(raised)} warning, and no sign of a leak"
    )


def _settings(trained: Learned, tried: tuple[int, int] | None) -> list[str]:
    """Lines: the settings of each forest, and what all of the recipe has in common."""
    fitting = trained.published.fitting
    rounds = [f"rounds = {fitting.rounds}"] if fitting.rounds else []
    trials = [] if tried is None else [f"trials = {tried[0]} ({tried[1]} pruned)"]
    offered = len(plan_of(trained.ground.dataset, fitting.source).names)
    features = [f"features = {len(fitting.names)} of {offered}"]
    lines = [_told(place, own) for place, own in fitting.settings]
    return [*filter(None, lines), ", ".join([*rounds, *features, *trials, f"seed = {fitting.seed}"])]


def _told(place: Sequence[str], settings: Mapping[str, Any]) -> str:
    """The settings on a line, but for bounds of columns, which would fill it."""
    shown = {name: value for name, value in settings.items() if name != "monotone"}
    told = [
        f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}" for name, value in shown.items()
    ]
    return ": ".join(part for part in (" ".join(place).replace("_", " "), ", ".join(told)) if part)
