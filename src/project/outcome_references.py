"""What predictive tags say of events: an outcome, and the instants from which it is looked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ..features.spec import CutoffsSpec, TargetSpec
from ..tags.spec import PredictiveSpec
from .deliveries import Deliveries
from .document import Path, Problem
from .plausible import negative, not_positive, repeated

__all__ = ["outcome_problems"]

_ANY = frozenset({"number", "category", "flag"})
_EQUAL = frozenset({"category", "flag"})
_OF_TRIGGERS = ("where", "at", "known")


def outcome_problems(at: Path, tag: PredictiveSpec, deliveries: Deliveries) -> Iterator[Problem]:
    """What is wrong with the target and the cutoffs of a tag, and between the two."""
    yield from _wrong_target((*at, "target"), tag.target, deliveries)
    yield from _wrong_cutoffs((*at, "cutoffs"), tag.cutoffs, deliveries)
    yield from _wrong_same((*at, "target", "same"), tag, deliveries)
    if tag.target.absent is not None and tag.cohort is None and tag.cutoffs.on is None:
        sentence = "an absence needs a cohort: who was there before; write cohort: {event_type: "
        yield Problem((*at, "target", "absent"), f"{sentence}{tag.target.absent}, within: 56d}}")


def _wrong_target(at: Path, target: TargetSpec, deliveries: Deliveries) -> Iterator[Problem]:
    if (target.event_type is None) == (target.absent is None):
        found = "both are written" if target.absent is not None else "neither is written"
        yield Problem(at, f"needs either event_type or absent, and {found}; keep one")
    for key in ("event_type", "absent"):
        event_type = getattr(target, key)
        if event_type is not None:
            yield from deliveries.wrong_event((*at, key), event_type)
    yield from not_positive((*at, "horizon"), target.horizon)
    yield from negative((*at, "gap"), target.gap)
    if target.event:
        yield from deliveries.wrong_where((*at, "where"), target.where, target.event)
    if target.sum is not None and target.event:
        yield from deliveries.wrong_property((*at, "sum"), target.sum, target.event, {"number"})
    for key in ("absent", "sum", "at_least"):
        if target.count and getattr(target, key) is not None:
            yield Problem((*at, key), f"{key} does not go with count; keep one", at_key=True)
    if target.absent is not None and target.sum is not None and target.at_least is None:
        yield Problem(
            (*at, "sum"),
            "there is nothing to add up of an event that is absent; write at_least, the amount that the sum must reach",
            at_key=True,
        )
    if target.at_least is not None and target.sum is None:
        yield Problem((*at, "at_least"), "needs sum, the number property that is added up", at_key=True)


def _wrong_cutoffs(at: Path, cutoffs: CutoffsSpec, deliveries: Deliveries) -> Iterator[Problem]:
    if (cutoffs.every is None) == (cutoffs.on is None):
        found = "both are written" if cutoffs.on is not None else "neither is written"
        yield Problem(at, f"needs either every (a calendar) or on (a trigger event), and {found}; keep one")
    yield from not_positive((*at, "every"), cutoffs.every)
    if cutoffs.on is None:
        for key in _OF_TRIGGERS:
            if key in cutoffs.model_fields_set:
                yield Problem((*at, key), f"{key} goes only with on, the event that makes the cutoff", at_key=True)
        return
    yield from deliveries.wrong_event((*at, "on"), cutoffs.on)
    yield from deliveries.wrong_where((*at, "where"), cutoffs.where, cutoffs.on)
    yield from negative((*at, "at"), cutoffs.at)
    yield from repeated((*at, "known"), cutoffs.known)
    for place, name in enumerate(cutoffs.known):
        yield from deliveries.wrong_property((*at, "known", place), name, cutoffs.on, _ANY)


def _wrong_same(at: Path, tag: PredictiveSpec, deliveries: Deliveries) -> Iterator[Problem]:
    """A problem where `same` has no trigger to compare with, or either event lacks the property."""
    name, trigger, event = tag.target.same, tag.cutoffs.on, tag.target.event
    if name is None:
        return
    if trigger is None:
        yield Problem(at, "same compares with a trigger event; write cutoffs: {on: …}, or leave it out", at_key=True)
        return
    sides = [trigger, *([event] if event not in {"", trigger} else [])]
    wrong = (one for side in sides for one in deliveries.wrong_property(at, name, side, _EQUAL))
    yield from islice(wrong, 1)
