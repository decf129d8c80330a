"""DuckDB over small integers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb

from ..work import Part, Run, Work
from ..world import DAY, TYPES, by_user, raw
from .sql import by_bands, by_countif


def ready(folder: Path, work: Work) -> dict[str, Run]:
    """From the raw file."""
    source = f"""
        SELECT CAST(right(user_id, 7) AS INTEGER) AS u, CAST(epoch(event_time) AS INTEGER) AS s,
               CAST(list_position({list(TYPES)}, event_type) - 1 AS TINYINT) AS t,
               CAST(round(amount * 100) AS INTEGER) AS a,
               CAST(right(category, 2) AS TINYINT) AS c, CAST(right(channel, 1) AS TINYINT) AS h
        FROM read_parquet('{raw(folder)}')
    """
    return _variants(source, work)


def ready_by_user(folder: Path, work: Work) -> dict[str, Run]:
    """From the file that is sorted by user and has small types."""
    return _variants(f"FROM read_parquet('{by_user(folder)}')", work)


def _variants(source: str, work: Work) -> dict[str, Run]:
    return {"bands": partial(_run, source, work, by_bands), "countif": partial(_run, source, work, by_countif)}


def _run(source: str, work: Work, query: Callable[[Work, int], str]) -> Iterator[Part]:
    with duckdb.connect() as con:
        con.execute("SET threads = 2")
        con.execute(f"CREATE TABLE events AS SELECT *, CAST(s // {DAY} AS SMALLINT) AS d FROM ({source})")
        for cutoff in work.cutoffs:
            yield con.sql(query(work, cutoff)).to_arrow_table()
