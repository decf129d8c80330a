"""From what the project file declares to a plan: every feature by name, in one order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import RefusedError
from .bucket import Stream
from .naming import part_slug, plain_name, window_name, windows_of
from .plan import AttributeSource, Feature, Part, Plan, Signal
from .spec import OF_TIME, CohortSpec, FeaturesSpec, TargetSpec
from .vocabulary import Vocabularies, fit_vocabularies

if TYPE_CHECKING:
    from ..events.log import EventLog, Property

__all__ = ["baseline_plan", "compile_plan"]


def compile_plan(
    log: EventLog,
    features: FeaturesSpec,
    attributes: Mapping[str, AttributeSource],
    *,
    before: int,
    known: Iterable[str] = (),
) -> Plan:
    """The plan of all declared features, its vocabularies fitted on what was known before an instant.

    Args:
        attributes: where each attribute is found, by name.
        before: in seconds; nothing that happened from then on has a say in the plan.
        known: properties of a trigger that are features.

    Raises:
        SpecError: a condition cannot be read, or names what the log lacks.
        RefusedError: the log lacks a property that is declared.
    """
    _require(log.properties, features, known)
    sources = {name: attributes[name] for name in features.attributes}
    triggers = {name: log.properties[name] for name in known}
    vocabularies = fit_vocabularies(log, features, sources, triggers, before)
    return Plan(
        features=_uniquely_named(
            [
                *_of_signals(features, log.properties),
                *_of_parts(features, log.properties, vocabularies),
                *_of_attributes(sources, vocabularies),
                *_of_triggers(triggers, vocabularies),
            ]
        ),
        signals={
            name: _signal(Stream(one.event_type, one.where), one.value, log.properties)
            for name, one in features.signals.items()
        },
        known_since=log.starts_at + features.first_cutoff_after.seconds,
        parts=vocabularies.parts,
        attributes=sources,
    )


def baseline_plan(log: EventLog, features: FeaturesSpec, cohort: CohortSpec | None, target: TargetSpec) -> Plan:
    """Recency, frequency and, where a signal counts money, spend: all that a simple rule would look at.

    Recency and frequency are of the event that the outcome is made of; spend is the first signal with a number
    on that event, else on the cohort's, else on any. Beside a number stands what it was in as long a time before.
    """
    longest, properties = (max(features.windows).seconds,), log.properties
    happening, (label, zh) = target.event, _labels_of_outcome(features, target)
    found = [
        Feature(f"recency_{happening}", "history", "target", "days_since_last", label, label_zh=zh),
        Feature(f"frequency_{happening}", "history", "target", "active_days", label, longest, label_zh=zh),
    ]
    signals = {"target": Signal(Stream(happening, target.where))}
    money = _money(features, properties, [happening, *([cohort.event_type] if cohort else [])])
    if money is not None:
        signals[money], (spent, spent_zh) = _of_signal(features, money, properties), _labels(features, money)
        decimals = signals[money].decimals
        name = f"monetary_{money}"
        found.append(Feature(name, "history", money, "sum", spent, longest, decimals=decimals, label_zh=spent_zh))
    if target.is_amount:
        signals["amount"] = _signal(Stream(happening, target.where), target.sum, properties)
        found.append(_persistence(features, target, signals["amount"]))
    return Plan(tuple(found), signals, log.starts_at + features.first_cutoff_after.seconds)


def _require(properties: Mapping[str, Property], features: FeaturesSpec, known: Iterable[str]) -> None:
    values = {f"features.signals.{name}": signal.value for name, signal in features.signals.items() if signal.value}
    parts = {f"features.by.{name}": name for name in features.by}
    triggers = {f"cutoffs.known: {name}": name for name in known}
    for where, name in {**values, **parts, **triggers}.items():
        if name not in properties and not (where.startswith("features.by") and name in OF_TIME):
            raise RefusedError(
                f"{where}: the log holds no property {name}, though a source may declare it by now: files that were "
                "ingested before are not read again. Remove the store and ingest anew"
            )


def _persistence(features: FeaturesSpec, target: TargetSpec, signal: Signal) -> Feature:
    """The outcome's own number in the time before the cutoff that is as long as the horizon."""
    label, zh = _labels_of_outcome(features, target)
    aggregate, name = ("count" if target.sum is None else "sum"), f"persistence_{target.sum or target.event}"
    window = (target.horizon.seconds,)
    return Feature(name, "history", "amount", aggregate, label, window, decimals=signal.decimals, label_zh=zh)


def _labels_of_outcome(features: FeaturesSpec, target: TargetSpec) -> tuple[str, str]:
    """What people call the outcome's event: as the signal that is taken from the same events."""
    for name, signal in features.signals.items():
        if (signal.event_type, signal.where) == (target.event, target.where):
            return _labels(features, name)
    return (f"{target.event} ({target.where})" if target.where else target.event), ""


def _of_signals(features: FeaturesSpec, properties: Mapping[str, Property]) -> Iterator[Feature]:
    for name, aggregates in features.aggregates.items():
        decimals, (label, zh) = _of_signal(features, name, properties).decimals, _labels(features, name)
        for aggregate in aggregates:
            for windows in windows_of(features, aggregate):
                full_name = plain_name(name, aggregate, windows)
                yield Feature(full_name, "history", name, aggregate, label, windows, decimals=decimals, label_zh=zh)
            if aggregate == "days_since_first":
                yield Feature(f"{name}_age_unknown", "history", name, "age_unknown", label, label_zh=zh)


def _of_parts(
    features: FeaturesSpec, properties: Mapping[str, Property], vocabularies: Vocabularies
) -> Iterator[Feature]:
    for property_, by in features.by.items():
        decimals, (label, zh) = _of_signal(features, by.signal, properties).decimals, _labels(features, by.signal)
        rest = () if property_ in OF_TIME and property_ not in properties else (None,)
        for value in (*vocabularies.parts[property_], *rest):
            for window in by.windows or features.windows:
                stem = f"{by.signal}_{property_}_{part_slug(value)}_{by.aggregate}"
                yield Feature(
                    name=f"{stem}_{window_name(window.seconds)}",
                    role="history",
                    source=by.signal,
                    aggregate=by.aggregate,
                    label=label,
                    label_zh=zh,
                    windows=(window.seconds,),
                    part=Part(property_, value),
                    decimals=decimals,
                )


def _of_attributes(sources: Mapping[str, AttributeSource], vocabularies: Vocabularies) -> Iterator[Feature]:
    for name, one in sources.items():
        texts = vocabularies.attributes.get(name, ())
        yield Feature(name, "attribute", name, "last", name, type=one.type, decimals=one.decimals, texts=texts)


def _of_triggers(triggers: Mapping[str, Property], vocabularies: Vocabularies) -> Iterator[Feature]:
    for name, one in triggers.items():
        texts = vocabularies.known.get(name, ())
        yield Feature(
            f"trigger_{name}", "trigger", name, "last", name, type=one.type, decimals=one.decimals, texts=texts
        )


def _labels(features: FeaturesSpec, signal: str) -> tuple[str, str]:
    title = features.signals[signal].title
    return title.en or signal, title.zh


def _of_signal(features: FeaturesSpec, name: str, properties: Mapping[str, Property]) -> Signal:
    spec = features.signals[name]
    return _signal(Stream(spec.event_type, spec.where), spec.value, properties)


def _signal(stream: Stream, value: str | None, properties: Mapping[str, Property]) -> Signal:
    if value is None:
        return Signal(stream)
    return Signal(stream, value, properties[value].type, properties[value].decimals)


def _money(features: FeaturesSpec, properties: Mapping[str, Property], event_types: Iterable[str]) -> str | None:
    for event_type in event_types:
        for name, signal in features.signals.items():
            if signal.event_type == event_type and signal.value and properties[signal.value].type == "number":
                return name
    return next(
        (name for name, one in features.signals.items() if one.value and properties[one.value].type == "number"), None
    )


def _uniquely_named(features: list[Feature]) -> tuple[Feature, ...]:
    """The features, where two values of a category that look alike in a name are told apart by a number."""
    seen: Counter[str] = Counter()
    found = []
    for feature in features:
        seen[feature.name] += 1
        again = seen[feature.name]
        found.append(feature if again == 1 else replace(feature, name=f"{feature.name}_{again}"))
    return tuple(found)
