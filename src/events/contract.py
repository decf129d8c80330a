"""The contract between a source and the log: one query that gives every row its canonical form or a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..engines.duck import literal, quoted
from .checked import Checked, category, flag, key, number
from .spec import ColumnRef, PropertySpec, SourceSpec
from .times import TimeColumn, placed

__all__ = ["canonical_query", "columns_of"]


@dataclass(frozen=True)
class _Column:
    name: str
    checked: Checked


def columns_of(source: SourceSpec) -> list[str]:
    """The columns that a file of the source must have, in the order they are declared."""
    named = [source.user_id, source.event_time, *(source.event_id or ())]
    if isinstance(source.event_type, ColumnRef):
        named.append(source.event_type.column)
    if source.available_time is not None:
        named.append(source.available_time)
    named += [one.column for one in source.properties.values()]
    return list(dict.fromkeys(named))


def canonical_query(name: str, rank: int, source: SourceSpec, types: Mapping[str, str], latest: str) -> str:
    """A query over `raw`: the log's columns, `:row`, `:reason` (null where the row is good), `:record` and oddities.

    Args:
        name: the source's.
        rank: its place in the total order of events.
        types: DuckDB types of the raw columns.
        latest: SQL of the instant after which a time is taken for a mistake.
    """
    columns = list(_columns(source, types))
    times = list(_times(source, types))
    values = ", ".join(f"{one.checked.value} AS {quoted(one.name)}" for one in columns)
    reasons = [one.checked.reason for one in columns] + [quoted(f"{time.name}:reason") for time in times]
    properties = [quoted(one) for one in source.properties]
    odd = ", ".join(quoted(f"{time.name}:odd") for time in times)
    return f"""
        WITH placed AS ({placed("raw", times, latest)}),
        typed AS (
            SELECT ":row", {values}, {", ".join(quoted(time.name) for time in times)}, {odd},
                   nullif(concat_ws('; ', {", ".join(reasons)}), '') AS ":reason",
                   {literal(name)} AS source, CAST({rank} AS INTEGER) AS source_rank
            FROM placed
        ),
        named AS (SELECT * EXCLUDE (event_id), {_event_id(source, properties)} AS event_id FROM typed)
        SELECT * FROM named
    """


def _columns(source: SourceSpec, types: Mapping[str, str]) -> Iterator[_Column]:
    yield _Column("user_id", key(source.user_id, types[source.user_id]))
    if isinstance(source.event_type, ColumnRef):
        yield _Column("event_type", key(source.event_type.column, types[source.event_type.column]))
    else:
        yield _Column("event_type", Checked(literal(source.event_type), "NULL"))
    yield _Column("event_id", _declared_id(source.event_id or (), types))
    for name, spec in source.properties.items():
        yield _Column(name, _property(spec, types[spec.column]))


def _property(spec: PropertySpec, raw_type: str) -> Checked:
    if spec.type == "number":
        return number(spec.column, spec.decimals, rounds=spec.round)
    return flag(spec.column) if spec.type == "flag" else category(spec.column, raw_type)


def _declared_id(columns: Sequence[str], types: Mapping[str, str]) -> Checked:
    keys = [key(column, types[column]) for column in columns]
    if not keys:
        return Checked("NULL", "NULL")
    if len(keys) == 1:
        return keys[0]
    parts = ", ".join(rf"replace(replace({one.value}, '\', '\\'), '|', '\|')" for one in keys)
    return Checked(f"concat_ws('|', {parts})", f"nullif(concat_ws('; ', {', '.join(one.reason for one in keys)}), '')")


def _times(source: SourceSpec, types: Mapping[str, str]) -> Iterator[TimeColumn]:
    event, available = source.event_time, source.available_time
    yield TimeColumn("event_time", event, types[event], source.known, required=True)
    if available is not None:
        yield TimeColumn("available_time", available, types[available], source.known, required=False)


def _event_id(source: SourceSpec, properties: Sequence[str]) -> str:
    """The declared id; without one, the hash of the row and its occurrence among equal rows of its file."""
    if source.event_id:
        return "event_id"
    fields = [
        "user_id",
        "event_type",
        "CAST(event_time AS VARCHAR)",
        *(f"CAST({one} AS VARCHAR)" for one in properties),
    ]
    row = f"md5(CAST([{', '.join(fields)}] AS VARCHAR))"
    return f"""{row} || '-' || row_number() OVER (PARTITION BY {row} ORDER BY ":row")"""
