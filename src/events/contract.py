"""The contract between a source and the log: one query that gives every row its canonical form or a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from ..engines.duck import literal, quoted
from .checked import Checked, category, computed, flag, key, number, refusal
from .raw import RawColumn
from .spec import ColumnRef, PropertySpec, SourceSpec
from .times import TimeColumn, placed

__all__ = ["canonical_query", "columns_of"]


def columns_of(source: SourceSpec) -> dict[str, Literal["time", "value"]]:
    """The columns that a file of the source must have, in the order they are declared, and what each is."""
    named = [source.user_id, source.event_time, *(source.event_id or ())]
    if isinstance(source.event_type, ColumnRef):
        named.append(source.event_type.column)
    if source.available_time is not None:
        named.append(source.available_time)
    named += [one.column for one in source.properties.values()]
    times = {source.event_time, source.available_time}
    return {column: "time" if column in times else "value" for column in named}


def canonical_query(name: str, rank: int, source: SourceSpec, columns: Mapping[str, RawColumn], latest: str) -> str:
    """A query over `raw`: the log's columns, `:row`, `:kind` and `:reason` (null where the row is good) and oddities.

    Args:
        name: the source's.
        rank: its place in the total order of events.
        columns: of the opened file.
        latest: SQL of the instant after which a time is taken for a mistake.
    """
    computing, checked = computed(dict(_columns(source, columns)))
    times = list(_times(source, columns))
    values = ", ".join(f"{one.value} AS {quoted(name)}" for name, one in checked.items())
    instants = ", ".join(f"{quoted(time.name)}, {quoted(f'{time.name}:odd')}" for time in times)
    kind, reason = refusal([*checked.values(), *(time.checked for time in times)])
    return f"""
        WITH placed AS ({placed("raw", times, latest)}),
        checked AS (SELECT *, {computing} FROM placed),
        typed AS (
            SELECT ":row", {values}, {instants}, {kind} AS ":kind", {reason} AS ":reason",
                   {literal(name)} AS source, CAST({rank} AS INTEGER) AS source_rank
            FROM checked
        )
        SELECT * EXCLUDE (event_id), {_event_id(source)} AS event_id FROM typed
    """


def _columns(source: SourceSpec, columns: Mapping[str, RawColumn]) -> Iterator[tuple[str, Checked]]:
    yield "user_id", key(columns[source.user_id])
    if isinstance(source.event_type, ColumnRef):
        yield "event_type", key(columns[source.event_type.column])
    else:
        yield "event_type", Checked(literal(source.event_type), "NULL")
    yield "event_id", _declared_id([columns[column] for column in source.event_id or ()])
    for name, spec in source.properties.items():
        yield name, _property(spec, columns[spec.column])


def _property(spec: PropertySpec, column: RawColumn) -> Checked:
    if spec.type == "number":
        return number(column, spec.decimals, rounds=spec.round)
    return flag(column) if spec.type == "flag" else category(column)


def _declared_id(columns: Sequence[RawColumn]) -> Checked:
    keys = [key(column) for column in columns]
    if not keys:
        return Checked("CAST(NULL AS VARCHAR)", "NULL")
    if len(keys) == 1:
        return keys[0]
    parts = ", ".join(rf"replace(replace({one.value}, '\', '\\'), '|', '\|')" for one in keys)
    return Checked(f"concat_ws('|', {parts})", f"nullif(concat_ws('; ', {', '.join(one.reason for one in keys)}), '')")


def _times(source: SourceSpec, columns: Mapping[str, RawColumn]) -> Iterator[TimeColumn]:
    yield TimeColumn("event_time", columns[source.event_time], source.known, True, source.timezone)
    if source.available_time is not None:
        yield TimeColumn("available_time", columns[source.available_time], source.known, False, source.timezone)


def _event_id(source: SourceSpec) -> str:
    """The declared id; without one, the hash of the row and its occurrence among equal rows of its file."""
    if source.event_id:
        return "event_id"
    fields = ["user_id", "event_type", "event_time", *(quoted(name) for name in sorted(source.properties))]
    row = f"md5(CAST(to_json([{', '.join(f'CAST({field} AS VARCHAR)' for field in fields)}]) AS VARCHAR))"
    return f"""{row} || '-' || row_number() OVER (PARTITION BY {row}, ":reason" IS NULL ORDER BY ":row")"""
