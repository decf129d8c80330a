"""New events brought together with those of their bucket: each once, in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ..engines.duck import literal, quoted, read_parquet
from .log import ORDER, EventLog

__all__ = ["CONFLICT", "Merged", "bucket_of", "merge_bucket", "touched_buckets"]

CONFLICT = "event_id was seen before at another time"
"""Why a row with a known id is refused."""

_IDENTITY = "source, event_id, user_id"


def bucket_of(buckets: int) -> str:
    """SQL of the bucket of a user: md5 of the UTF-8 text, read as a little-endian number, modulo `buckets`."""
    return f"CAST(md5_number(user_id) % {buckets} AS INTEGER)"


@dataclass(frozen=True)
class Merged:
    """One bucket, merged into `path`; `conflicts` holds new rows whose id was seen at another time."""

    bucket: int
    path: Path
    conflicts: Path
    rows: int
    added: dict[str, int]


def touched_buckets(con: duckdb.DuckDBPyConnection, good: Sequence[Path], buckets: int) -> list[int]:
    """The buckets for which there are new rows, sorted; the table `touched` then has each new row's user and bucket."""
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT user_id, {bucket_of(buckets)} AS bucket FROM (SELECT DISTINCT user_id FROM {read_parquet(good)})
    """)
    return [bucket for (bucket,) in con.sql("SELECT DISTINCT bucket FROM touched ORDER BY bucket").fetchall()]


def merge_bucket(
    con: duckdb.DuckDBPyConnection, log: EventLog, bucket: int, good: Sequence[Path], folder: Path
) -> Merged:
    """The bucket's old and new events, written into one sorted file in `folder`; `touched_buckets` went before.

    Of exact twins (source, event_id, event_time, user_id) one is kept; of one id at several times the
    one already in the log, else the earliest. Which twin is kept depends on its content only.
    """
    path, conflicts = folder / f"bucket-{bucket}.parquet", folder / f"conflicts-{bucket}.parquet"
    properties = "".join(f", {quoted(name)}" for name in sorted(log.properties))
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE merged AS
        WITH both_ages AS (
            SELECT *, false AS ":new" FROM ({log.events_sql(bucket)})
            UNION ALL BY NAME
            SELECT *, true AS ":new" FROM {read_parquet(good)}
            WHERE user_id IN (SELECT user_id FROM touched WHERE bucket = {bucket})
        ),
        numbered AS (
            SELECT *, row_number() OVER (
                PARTITION BY {_IDENTITY}, event_time
                ORDER BY ":new", available_time, event_type{properties}, ":file", ":row"
            ) AS ":twin"
            FROM both_ages
        )
        SELECT * EXCLUDE (":twin"),
               first_value(event_time) OVER (PARTITION BY {_IDENTITY} ORDER BY ":new", event_time) AS ":first"
        FROM numbered WHERE ":twin" = 1
    """)
    kept = f"""
        SELECT * EXCLUDE (":new", ":first", ":file", ":row") FROM merged WHERE event_time = ":first" ORDER BY {ORDER}
    """
    con.execute(f"COPY ({kept}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)")
    con.execute(f"COPY ({_CONFLICTS}) TO {literal(str(conflicts))} (FORMAT parquet)")
    counted = """
        SELECT source, count(*), count(*) FILTER (":new") FROM merged WHERE event_time = ":first" GROUP BY source
    """
    counts = con.sql(counted).fetchall()
    con.execute("DROP TABLE merged")
    return Merged(bucket, path, conflicts, sum(rows for _, rows, _ in counts), {name: new for name, _, new in counts})


_CONFLICTS = f"""
    SELECT source, ":file" AS file, ":row" AS row, {literal(CONFLICT)} AS kind,
           'event_id ' || event_id || ' was seen before at another time' AS reason,
           CAST(json_object(
               'user_id', user_id, 'event_id', event_id, 'event_time', event_time, 'first', ":first"
           ) AS VARCHAR) AS record
    FROM merged WHERE ":new" AND event_time != ":first"
"""
