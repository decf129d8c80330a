"""What is known of the log without reading it, before and after new events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..engines.store import Store
from ..errors import RefusedError
from .appending import Appended
from .log import LogFacts, Property
from .names import refuse_alike
from .spec import RESERVED_NAMES, SourceSpec

__all__ = ["facts_after", "facts_before"]


def facts_before(store: Store, sources: Mapping[str, SourceSpec], buckets: int) -> LogFacts:
    """The published facts of the log, with the ranks and properties that the sources add.

    The number of buckets is fixed when the log is first written.

    Raises:
        RefusedError: a property has another type or other decimals than it was ingested with.
        SpecError: a property bears the name of another column.
    """
    written = store.facts("log")
    empty = LogFacts(buckets, 0, {}, {}, {}, {}, 0, 0)
    before = LogFacts.from_dict(written) if written else empty
    ranks = dict(before.ranks)
    properties = dict(before.properties)
    for source, spec in sources.items():
        ranks.setdefault(source, len(ranks))
        for name, one in spec.properties.items():
            declared = Property(one.type, one.decimals if one.type == "number" else 0)
            if properties.setdefault(name, declared) != declared:
                raise RefusedError(_retyped(source, name, properties[name], declared))
    refuse_alike("properties", properties, RESERVED_NAMES)
    return replace(before, ranks=ranks, properties=properties)


def facts_after(before: LogFacts, appended: Sequence[Appended]) -> LogFacts:
    """The facts once the new events are in the log."""
    added = [(name, one) for bucket in appended for name, one in bucket.sources.items()]
    if not added:
        return before
    watermarks, event_types = dict(before.watermarks), dict(before.event_types)
    for name, one in sorted(added, key=lambda pair: pair[0]):
        watermarks[name] = max(watermarks.get(name, one.last), one.last)
        event_types[name] = tuple(sorted({*event_types.get(name, ()), *one.event_types}))
    starts = [one.first for _, one in added] + ([before.starts_at] if before.rows else [])
    return replace(
        before,
        starts_at=min(starts),
        watermarks=watermarks,
        event_types=event_types,
        rows=before.rows + sum(one.rows for one in appended),
        users=before.users + sum(one.new_users for one in appended),
    )


def _retyped(source: str, name: str, before: Property, declared: Property) -> str:
    def told(one: Property) -> str:
        return f"{one.type} with {one.decimals} decimals" if one.type == "number" else one.type

    return (
        f"sources.{source}.properties.{name}: is declared as {told(declared)}, but the log holds it as {told(before)}; "
        "give it another name, or remove the store and ingest anew"
    )
