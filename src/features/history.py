"""The history of buying that a count is told from: how long ago, on how many days, how often and how far apart.

The baseline plan says which events count and how long is looked back; the plan of features holds the columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .bucket import Stream
from .naming import plain_name
from .plan import Feature, Plan, Signal

__all__ = ["history_in", "with_history"]

_PARTS = {"recency": "days_since_last", "frequency": "active_days", "events": "count", "gap": "gap_mean"}


def history_in(plan: Plan, baseline: Plan) -> Mapping[str, str]:
    """The plan's columns that hold it, by part; none where what is foretold is no count."""
    if not _is_of_count(baseline):
        return {}
    stream, often = _counted(baseline)
    found = {(one.aggregate, one.windows): one.name for one in plan.features if _is_plain(one, plan, stream)}
    asked = {part: (aggregate, _windows(part, often)) for part, aggregate in _PARTS.items()}
    return {part: found[kind] for part, kind in asked.items() if kind in found}


def with_history(plan: Plan, baseline: Plan) -> Plan:
    """The plan with those columns that it lacks of the history; the same where what is foretold is no count."""
    known = history_in(plan, baseline)
    if not _is_of_count(baseline) or len(known) == len(_PARTS):
        return plan
    stream, often = _counted(baseline)
    source = _signal(plan, stream)
    lacking = [
        replace(
            often,
            name=plain_name(source, aggregate, _windows(part, often)),
            source=source,
            aggregate=aggregate,
            windows=_windows(part, often),
        )
        for part, aggregate in _PARTS.items()
        if part not in known
    ]
    return replace(plan, features=(*plan.features, *lacking), signals={**plan.signals, source: Signal(stream)})


def _is_of_count(baseline: Plan) -> bool:
    return any(one.name.startswith("persistence_") and one.aggregate == "count" for one in baseline.features)


def _counted(baseline: Plan) -> tuple[Stream, Feature]:
    """The events that are counted, and the rule's column of how often they came."""
    often = next(one for one in baseline.features if one.name.startswith("frequency_"))
    return baseline.signals[often.source].stream, often


def _windows(part: str, often: Feature) -> tuple[int, ...]:
    """Those of the part: none for how long ago, which looks back over everything."""
    return () if part == "recency" else often.windows


def _is_plain(feature: Feature, plan: Plan, stream: Stream) -> bool:
    """Whether the column is of all events of the stream, whatever they are worth."""
    if feature.role != "history" or feature.part is not None:
        return False
    signal = plan.signals[feature.source]
    return signal.stream == stream and signal.value is None


def _signal(plan: Plan, stream: Stream) -> str:
    """The name of the signal of all events of the stream, a new one where there is none."""
    for name, signal in plan.signals.items():
        if signal == Signal(stream):
            return name
    name = stream.event_type
    while name in plan.signals:
        name += "_"
    return name
