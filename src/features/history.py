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
    counted = _counted(baseline)
    if counted is None:
        return {}
    stream, often = counted
    found = {(one.aggregate, one.windows): one.name for one in plan.features if _is_plain(one, plan, stream)}
    return {part: found[kind] for part, kind in _kinds(often).items() if kind in found}


def with_history(plan: Plan, baseline: Plan) -> Plan:
    """The plan with those columns that it lacks of the history; the same where what is foretold is no count."""
    counted, known = _counted(baseline), history_in(plan, baseline)
    if counted is None or len(known) == len(_PARTS):
        return plan
    stream, often = counted
    source = _signal(plan, stream)
    lacking = [
        replace(often, name=plain_name(source, *kind), source=source, aggregate=kind[0], windows=kind[1])
        for part, kind in _kinds(often).items()
        if part not in known
    ]
    return replace(plan, features=(*plan.features, *lacking), signals={**plan.signals, source: Signal(stream)})


def _counted(baseline: Plan) -> tuple[Stream, Feature] | None:
    """The events that are counted, and the rule's column of how often they came; None where nothing is counted."""
    if not any(one.name.startswith("persistence_") and one.aggregate == "count" for one in baseline.features):
        return None
    often = next(one for one in baseline.features if one.name.startswith("frequency_"))
    return baseline.signals[often.source].stream, often


def _kinds(often: Feature) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The aggregate and the windows of each part; how long ago it was looks back over everything."""
    return {part: (one, () if part == "recency" else often.windows) for part, one in _PARTS.items()}


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
