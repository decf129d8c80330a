"""SQL that turns a raw time column into an instant in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from ..engines.duck import literal, quoted
from .zones import stretches

__all__ = ["TimeColumn", "placed", "register_zone"]

EARLIEST = "TIMESTAMP '1980-01-01'"
"""Before this an event time is taken for a mistake."""

_DATE = r"^\d{4}-\d{2}-\d{2}$"
_OFFSET = r"[T ].*([zZ]|[+-]\d{2}(:?\d{2})?)$"


@dataclass(frozen=True)
class TimeColumn:
    """A time column of a source, as declared; `name` is what it becomes."""

    name: str
    column: str
    raw_type: str
    known: str
    required: bool


def register_zone(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Make the zone's stretches known to SQL as the table `zone`."""
    rows = stretches(zone)
    columns = {
        "starts_local": pa.array([row.starts_local for row in rows], pa.timestamp("us")),
        "offset_us": pa.array([row.offset.days * 86_400_000_000 + row.offset.seconds * 1_000_000 for row in rows]),
        "ends_utc": pa.array([row.ends_utc for row in rows], pa.timestamp("us")),
        "repeats_until": pa.array([row.repeats_until for row in rows], pa.timestamp("us")),
    }
    con.register("zone_rows", pa.table(columns))
    con.execute("CREATE OR REPLACE TEMP TABLE zone AS SELECT * FROM zone_rows")
    con.unregister("zone_rows")


def placed(relation: str, times: Iterable[TimeColumn], latest: str) -> str:
    """A query over `relation` that adds, for each time, the columns `name`, `name:reason` and `name:odd`.

    `name:odd` is 'ambiguous' or 'nonexistent' for local times that are, else null.

    Args:
        latest: SQL of the instant after which a time is taken for a mistake.
    """
    query = f"SELECT * FROM {relation}"
    for time in times:
        query = _placed(query, time, latest)
    return query


def _placed(query: str, time: TimeColumn, latest: str) -> str:
    name, local, utc, shift = (quoted(time.name + part) for part in ("", ":local", ":utc", ":shift"))
    odd, reason = quoted(time.name + ":odd"), quoted(time.name + ":reason")
    expressions = _local_and_utc(time)
    joined = "ASOF LEFT JOIN zone ON timed.{0} >= zone.starts_local".format(local)
    in_utc = f"{local} - to_microseconds(offset_us)"
    instant = f"coalesce({utc}, least({in_utc}, ends_utc)) + to_microseconds({shift})"
    oddity = f"CASE WHEN {in_utc} >= ends_utc THEN 'nonexistent' WHEN {local} < repeats_until THEN 'ambiguous' END"
    return f"""
        SELECT * EXCLUDE ({local}, {utc}, {shift}), {_reason(time, latest)} AS {reason}
        FROM (
            SELECT timed.*, {instant} AS {name}, {oddity} AS {odd}
            FROM (SELECT *, {expressions} FROM ({query})) AS timed {joined}
        )
    """


def _local_and_utc(time: TimeColumn) -> str:
    """Three columns: the local time if the row gives one, the UTC time if it gives that, microseconds to add."""
    raw = quoted(time.column)
    is_date, is_utc, local, utc = "false", "false", "NULL", "NULL"
    if time.raw_type == "DATE":
        is_date, local = "true", f"CAST({raw} AS TIMESTAMP)"
    elif time.raw_type == "TIMESTAMP WITH TIME ZONE":
        utc = f"make_timestamp(epoch_us({raw}))"
    elif time.raw_type.startswith("TIMESTAMP"):
        local = f"CAST({raw} AS TIMESTAMP)"
    elif time.raw_type == "VARCHAR":
        text = f"trim({raw})"
        is_date = f"coalesce(regexp_matches({text}, {literal(_DATE)}), false)"
        is_utc = f"regexp_matches({text}, {literal(_OFFSET)})"
        local = f"CASE WHEN NOT {is_utc} THEN TRY_CAST({text} AS TIMESTAMP) END"
        utc = f"CASE WHEN {is_utc} THEN make_timestamp(epoch_us(TRY_CAST({text} AS TIMESTAMPTZ))) END"
    at_end = time.known == "end_of_day"
    days = f"CASE WHEN {is_date} THEN INTERVAL 1 DAY ELSE INTERVAL 0 DAY END" if at_end else "INTERVAL 0 DAY"
    shift = f"CASE WHEN {is_date} THEN -1 ELSE 0 END" if at_end else "0"
    names = [quoted(time.name + part) for part in (":local", ":utc", ":shift")]
    return f"CAST({local} AS TIMESTAMP) + {days} AS {names[0]}, CAST({utc} AS TIMESTAMP) AS {names[1]}, {shift} AS {names[2]}"


def _reason(time: TimeColumn, latest: str) -> str:
    raw, name = f"CAST({quoted(time.column)} AS VARCHAR)", quoted(time.name)
    found = f"{literal(time.column + ': ')} || {raw}"
    empty = f"{literal(time.column + ' is empty')}" if time.required else "NULL"
    return f"""CASE
        WHEN {raw} IS NULL OR trim({raw}) = '' THEN {empty}
        WHEN {name} IS NULL THEN {found} || ' is not a time'
        WHEN {name} < {EARLIEST} THEN {found} || ' lies before 1980'
        WHEN {name} > {latest} THEN {found} || ' lies in the future'
    END"""
