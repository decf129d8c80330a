"""What the features say of sources and attributes, and of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import get_args

from ..features.naming import declared_names
from ..features.spec import OF_TIME, Aggregate, BySpec, FeaturesSpec
from ..quantities import Duration
from .deliveries import Deliveries, listed
from .document import Path, Problem
from .plausible import not_positive, repeated, wrong_names
from .source_references import wrong_attribute
from .spec import ProjectSpec
from .validation import guess

__all__ = ["feature_problems", "no_signal"]

_ANY = frozenset({"number", "category", "flag"})
_OF_VALUES: dict[Aggregate, frozenset[str]] = {
    "sum": frozenset({"number"}),
    "mean": frozenset({"number"}),
    "min": frozenset({"number"}),
    "max": frozenset({"number"}),
    "std": frozenset({"number"}),
    "last": frozenset({"number"}),
    "last_2": frozenset({"number"}),
    "last_3": frozenset({"number"}),
    "distinct": frozenset({"category", "flag"}),
}
"""Aggregates that read a signal's value, and the types it may have; all others count events."""


def feature_problems(spec: ProjectSpec, deliveries: Deliveries) -> Iterator[Problem]:
    """What is wrong with windows, signals, aggregates, parts and attributes."""
    features = spec.features
    yield from _wrong_windows(("features", "windows"), features.windows)
    yield from not_positive(("features", "burn_in"), features.burn_in)
    yield from _wrong_signals(features, deliveries)
    for signal, aggregates in features.aggregates.items():
        yield from _wrong_aggregates(features, signal, aggregates, deliveries)
    for property_, by in features.by.items():
        yield from _wrong_by(features, property_, by, deliveries)
    yield from repeated(("features", "attributes"), features.attributes)
    for place, name in enumerate(features.attributes):
        yield from wrong_attribute(("features", "attributes", place), name, spec.attributes)
    yield from _wrong_names(features)


def _wrong_windows(path: Path, windows: tuple[Duration, ...]) -> Iterator[Problem]:
    if not windows:
        yield Problem(path, "is empty; list at least one look-back, such as 28d")
    yield from repeated(path, windows)
    for place, window in enumerate(windows):
        yield from not_positive((*path, place), window)
        if window.seconds > 0 and place and window < windows[place - 1]:
            yield Problem(
                (*path, place), f"{window} stands behind the longer {windows[place - 1]}; list short ones first"
            )


def _wrong_signals(features: FeaturesSpec, deliveries: Deliveries) -> Iterator[Problem]:
    yield from wrong_names(("features", "signals"), features.signals)
    for name, signal in features.signals.items():
        at: Path = ("features", "signals", name)
        yield from deliveries.wrong_event((*at, "event_type"), signal.event_type)
        yield from deliveries.wrong_where((*at, "where"), signal.where, signal.event_type)
        if signal.value is not None:
            yield from deliveries.wrong_property((*at, "value"), signal.value, signal.event_type, _ANY)


def _wrong_aggregates(
    features: FeaturesSpec, signal: str, aggregates: tuple[Aggregate, ...], deliveries: Deliveries
) -> Iterator[Problem]:
    at: Path = ("features", "aggregates", signal)
    yield from repeated(at, aggregates)
    if signal not in features.signals:
        yield no_signal(at, signal, features, at_key=True)
    for place, aggregate in enumerate(aggregates):
        yield from _unfit((*at, place), features, signal, aggregate, deliveries)
        if aggregate == "trend" and len(set(features.windows)) < 2:
            yield Problem(
                (*at, place), "a trend needs two windows, a short and a long one; add one to features.windows"
            )


def _wrong_by(features: FeaturesSpec, property_: str, by: BySpec, deliveries: Deliveries) -> Iterator[Problem]:
    at: Path = ("features", "by", property_)
    if by.windows is not None:
        yield from _wrong_windows((*at, "windows"), by.windows)
    if by.signal not in features.signals:
        yield no_signal((*at, "signal"), by.signal, features)
        return
    event_type = features.signals[by.signal].event_type
    if property_ not in OF_TIME:
        for one in deliveries.wrong_property(at, property_, event_type, {"category"}):
            yield Problem(at, one.sentence, at_key=True)
    yield from _unfit((*at, "aggregate"), features, by.signal, by.aggregate, deliveries)


def no_signal(path: Path, name: str, features: FeaturesSpec, *, at_key: bool = False) -> Problem:
    """The problem that no signal has the name."""
    known = features.signals
    return Problem(path, f'there is no signal "{name}"{guess(name, known)}; allowed: {listed(known)}', at_key=at_key)


def _unfit(
    path: Path, features: FeaturesSpec, name: str, aggregate: Aggregate, deliveries: Deliveries
) -> Iterator[Problem]:
    """A problem where the aggregate reads a value that the signal lacks or has in another type."""
    signal, wanted = features.signals.get(name), _OF_VALUES.get(aggregate)
    if signal is None or wanted is None:
        return
    types = " or ".join(sorted(wanted))
    known = deliveries.properties(signal.event_type)
    if signal.value is None:
        fitting = listed(one for one, spec in known.items() if spec.type in wanted)
        sentence = f"{aggregate} needs a signal with a value; write value: and a {types} in features.signals.{name}"
        yield Problem(path, f"{sentence}; allowed: {fitting}")
    elif signal.value in known and known[signal.value].type not in wanted:
        found = f"{signal.value} of {name} is a {known[signal.value].type}"
        allowed = ", ".join(one for one in get_args(Aggregate) if one not in _OF_VALUES)
        fitting = listed([one for one, types in _OF_VALUES.items() if known[signal.value].type in types])
        yield Problem(path, f"{aggregate} needs a {types}, and {found}; allowed of it: {fitting}, {allowed}")


def _wrong_names(features: FeaturesSpec) -> Iterator[Problem]:
    """Problems where no feature is made at all, or two would have one name."""
    if not any(features.aggregates.values()) and not features.by and not features.attributes:
        yield Problem(
            ("features", "aggregates"), "no feature is made; write what is computed of a signal: visits: [count]"
        )
    made = Counter(declared_names(features))
    for place, name in enumerate(features.attributes):
        if made[name] > features.attributes.count(name):
            yield Problem(
                ("features", "attributes", place), f"{name} is also the name of a feature; rename the attribute"
            )
