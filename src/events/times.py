"""SQL that turns a raw time column into an instant in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import numpy as np

from ..engines.duck import literal, quoted
from ..errors import SpecError
from .checked import Checked
from .raw import RawColumn
from .zones import stretches

__all__ = ["TimeColumn", "placed", "register_zone"]

EARLIEST = "TIMESTAMP '1980-01-01'"
"""Before this an event time is taken for a mistake."""

_DATE = r"\d{4}-\d{2}-\d{2}"
_ZONED = r" ?([zZ]|UTC|[+-](0\d|1[0-5])(:?[0-5]\d)?)"
_CLOCK = r"[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?"
_NANOSECONDS = ("TIMESTAMP_NS", "TIMESTAMPTZ_NS")
_BOUNDS = ("TIMESTAMP '1900-01-01'", "TIMESTAMP '2200-01-01'")
"""Where an absurd time is put, so that reckoning with it cannot overflow; both ends are refused."""


@dataclass(frozen=True)
class TimeColumn:
    """A time column of a source, as declared; `name` is what it becomes. Of zones other than UTC SQL has a table."""

    name: str
    column: RawColumn
    known: str
    required: bool
    zone: str

    @property
    def checked(self) -> Checked:
        """The instant and why it is refused, over what `placed` gives."""
        found = f"nullif(trim(CAST({self.column.sql} AS VARCHAR)), '')"
        return Checked(quoted(self.name), quoted(f"{self.name}:reason"), found)


def register_zone(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Make the zone's stretches known to SQL as the table `zone`; UTC needs none.

    Raises:
        SpecError: there is no such zone.
    """
    if zone == "UTC":
        return
    try:
        rows = stretches(zone)
    except (KeyError, OSError, ValueError):
        raise SpecError(f'"{zone}" is not a time zone; write an IANA name such as UTC or Asia/Shanghai') from None
    columns = {
        "starts_local": np.array([row.starts_local for row in rows], "datetime64[us]"),
        "offset_us": np.array([row.offset // timedelta(microseconds=1) for row in rows], np.int64),
        "ends_utc": np.array([row.ends_utc for row in rows], "datetime64[us]"),
        "repeats_until": np.array([row.repeats_until for row in rows], "datetime64[us]"),
    }
    con.register("zone_rows", columns)
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
    if time.zone == "UTC":
        return f"""
            SELECT * EXCLUDE ({local}, {utc}, {shift}), {_reason(time, latest)} AS {reason}
            FROM (
                SELECT *, coalesce({utc}, {local}) + to_microseconds({shift}) AS {name}, CAST(NULL AS VARCHAR) AS {odd}
                FROM (SELECT *, {expressions} FROM ({query}))
            )
        """
    joined = f"ASOF LEFT JOIN zone ON timed.{local} >= zone.starts_local"
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
    raw, kind = time.column.sql, time.column.type
    is_date, local, utc = "false", "NULL", "NULL"
    if kind == "DATE":
        is_date, local = f"{raw} IS NOT NULL", _within(raw, "DATE")
    elif kind == "TIMESTAMP WITH TIME ZONE":
        utc = f"make_timestamp(epoch_us({_within(raw, kind)}))"
    elif kind in _NANOSECONDS:
        micros = f"make_timestamp((epoch_ns(CAST({raw} AS TIMESTAMP_NS)) // 1000))"
        local, utc = (micros, utc) if kind == "TIMESTAMP_NS" else (local, micros)
    elif kind.startswith("TIMESTAMP"):
        local = _within(f"TRY_CAST({raw} AS TIMESTAMP)", "TIMESTAMP")
    elif kind == "VARCHAR":
        text = f"trim({raw})"
        is_date = f"coalesce(regexp_full_match({text}, '{_DATE}'), false)"
        plain = f"regexp_full_match({text}, '{_DATE}({_CLOCK})?')"
        joined = rf"regexp_replace({text}, ' ([+-])', '\1')"
        zoned = f"regexp_full_match({text}, '{_DATE}{_CLOCK}{_ZONED}')"
        local = f"CASE WHEN {plain} THEN TRY_CAST({text} AS TIMESTAMP) END"
        utc = f"CASE WHEN {zoned} THEN make_timestamp(epoch_us(TRY_CAST({joined} AS TIMESTAMPTZ))) END"
    at_end = time.known == "end_of_day"
    days = f"CASE WHEN {is_date} THEN INTERVAL 1 DAY ELSE INTERVAL 0 DAY END" if at_end else "INTERVAL 0 DAY"
    shift = f"CASE WHEN {is_date} THEN -1 ELSE 0 END" if at_end else "0"
    names = [quoted(time.name + part) for part in (":local", ":utc", ":shift")]
    local, utc = f"CAST({local} AS TIMESTAMP) + {days}", f"CAST({utc} AS TIMESTAMP)"
    return ", ".join(f"{sql} AS {name}" for sql, name in zip((local, utc, shift), names, strict=True))


def _within(expression: str, kind: str) -> str:
    first, last = (f"CAST({bound} AS {kind})" for bound in _BOUNDS)
    return f"CASE WHEN {expression} < {first} THEN {first} WHEN {expression} > {last} THEN {last} ELSE {expression} END"


def _reason(time: TimeColumn, latest: str) -> str:
    raw, name, column = time.column.sql, quoted(time.name), time.column.name
    empty = literal(f"{column} is empty") if time.required else "NULL"
    is_empty = f"{raw} IS NULL OR trim({raw}) = ''" if time.column.type == "VARCHAR" else f"{raw} IS NULL"
    return f"""CASE
        WHEN {is_empty} THEN {empty}
        WHEN {name} IS NULL THEN {literal(f"{column} is not a time")}
        WHEN {name} < {EARLIEST} THEN {literal(f"{column} lies before 1980")}
        WHEN {name} > {latest} THEN {literal(f"{column} lies in the future")}
    END"""
