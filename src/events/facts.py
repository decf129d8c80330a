"""What is known of the log without reading it, before and after new events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from ..engines.duck import read_parquet
from ..engines.store import Store
from ..errors import RefusedError
from .log import KNOWN, EventLog, LogFacts, Property
from .names import refuse_alike
from .spec import RESERVED_NAMES, SourceSpec

__all__ = ["facts_before", "facts_of"]


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


def facts_of(con: duckdb.DuckDBPyConnection, before: LogFacts, merged: Sequence[Path], log: EventLog) -> LogFacts:
    """The facts once the merged files stand in for the buckets they were made from."""
    if not merged:
        return before
    touched = {int(path.stem.removeprefix("bucket-")) for path in merged}
    kept = [log.events_sql(bucket) for bucket in range(before.buckets) if bucket not in touched]
    fresh = f"SELECT * FROM {read_parquet(merged)}"
    every = " UNION ALL BY NAME ".join([fresh, *kept])
    seconds = "epoch_us({}) // 1000000"
    by_source = con.sql(f"""
        SELECT source, {seconds.format(f"max({KNOWN})")}, {seconds.format("min(event_time)")}, count(*),
               list_sort(list(DISTINCT event_type))
        FROM ({every}) GROUP BY source ORDER BY source
    """).fetchall()
    (users,) = con.sql(f"SELECT count(DISTINCT user_id) FROM ({every})").fetchall()[0]
    return replace(
        before,
        starts_at=min(int(start) for _, _, start, _, _ in by_source),
        watermarks={source: int(end) for source, end, _, _, _ in by_source},
        event_types={source: tuple(types) for source, _, _, _, types in by_source},
        rows=sum(count for _, _, _, count, _ in by_source),
        users=users,
    )


def _retyped(source: str, name: str, before: Property, declared: Property) -> str:
    def told(one: Property) -> str:
        return f"{one.type} with {one.decimals} decimals" if one.type == "number" else one.type

    return (
        f"sources.{source}.properties.{name}: is declared as {told(declared)}, but the log holds it as {told(before)}; "
        "give it another name, or remove the store and ingest anew"
    )
