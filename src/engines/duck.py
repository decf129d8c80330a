"""DuckDB, set up the same way everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from time import monotonic

import duckdb

__all__ = ["connect", "literal", "quoted", "read_parquet", "reading", "working"]

_HOUR = 3_600


def connect(
    threads: int | None = None, memory_limit: str | None = None, spill: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A private in-memory DuckDB that thinks in UTC and never reaches for the network.

    Args:
        threads: how many it may use; its own choice when left out.
        memory_limit: such as 2GB; beyond it DuckDB works on disk.
        spill: the folder where it does so; its own choice when left out.
    """
    config: dict[str, str | int | bool] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if threads is not None:
        config["threads"] = threads
    if memory_limit is not None:
        config["memory_limit"] = memory_limit
    if spill is not None:
        config["temp_directory"] = str(spill)
    con = duckdb.connect(":memory:", config=config)
    con.execute("SET TimeZone = 'UTC'")
    return con


def reading() -> duckdb.DuckDBPyConnection:
    """A connection, with names of its own, to the one DuckDB that this process reads small things with, on one thread.

    It is open at once, where a DuckDB of one's own takes longer than many a query. Its settings are everybody's. Each
    hour another takes its place, for it never forgets what it has read of files, and of those ever more are published.
    """
    con = _shared(int(monotonic() // _HOUR)).cursor()
    con.execute("SET TimeZone = 'UTC'")
    return con


def working(memory_limit: str, spill: Path) -> duckdb.DuckDBPyConnection:
    """A connection, with tables of its own, to a DuckDB that works within so much memory and beyond it in the folder.

    All who work in one folder share it, for opening one takes longer than a part of a small delivery does.
    """
    con = _bounded(memory_limit, spill).cursor()
    con.execute("SET TimeZone = 'UTC'")
    return con


@lru_cache(maxsize=1)
def _bounded(memory_limit: str, spill: Path) -> duckdb.DuckDBPyConnection:
    return connect(memory_limit=memory_limit, spill=spill)


@lru_cache(maxsize=1)
def _shared(hour: int) -> duckdb.DuckDBPyConnection:
    con = connect(threads=1)
    con.execute("SET enable_external_file_cache = false")
    con.execute("SET GLOBAL parquet_metadata_cache = true")
    return con


def quoted(name: str) -> str:
    """The identifier as SQL writes it, whatever characters it holds.

    >>> print(quoted('sales "net"'))
    "sales ""net""\"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as a SQL string.

    >>> literal("children's")
    "'children''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def read_parquet(paths: Iterable[str | Path], *options: str) -> str:
    """SQL of the rows of all the files, columns matched by name; folders named `column=value` add none.

    >>> read_parquet(["a.parquet"], "filename = true")
    "read_parquet(['a.parquet'], union_by_name = true, hive_partitioning = false, filename = true)"
    """
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet({', '.join([f'[{listed}]', 'union_by_name = true', 'hive_partitioning = false', *options])})"
