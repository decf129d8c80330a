"""The wide table `current`: one row per user, made anew from the newest rows of every tag."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from ..engines.delta import NewFile
from ..engines.duck import connect, literal, quoted
from ..engines.store import Store
from .published import current_columns
from .rows import SCHEMA, Kind

__all__ = ["rebuild_current"]

_MEMORY = "1GB"


def rebuild_current(store: Store, files: Mapping[str, list[str]], tags: Mapping[str, Kind]) -> int:
    """The version of the table that holds the rows of these files, by tag; what does not fit in memory goes to disk."""
    columns = [field for _, _, field in current_columns(tags).values()]
    schema = pa.schema([SCHEMA.field("user_id"), *columns])
    path = store.stage("current", {})
    with connect(memory_limit=_MEMORY) as con:
        con.execute(f"SET temp_directory = {literal(str(store.root / '.staging' / 'duckdb'))}")
        con.register("nobody", schema.empty_table())
        con.execute(f"COPY ({_wide(files, tags)}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    rows = pq.read_metadata(path).num_rows
    return store.commit("current", schema, (), [NewFile(path, {}, rows)], lambda _: True)


def _wide(files: Mapping[str, list[str]], tags: Mapping[str, Kind]) -> str:
    """One row per user from the newest rows of every tag; `nobody` has all columns, so an unwritten tag is null."""
    columns = current_columns(tags)
    parts = ["SELECT * FROM nobody"]
    for tag, paths in files.items():
        own = [f"{quoted(source)} AS {quoted(name)}" for name, (owner, source, _) in columns.items() if owner == tag]
        listed = ", ".join(literal(path) for path in paths)
        read = f"read_parquet([{listed}], hive_partitioning = false) WHERE kind = {literal(tags[tag])}"
        parts.append(f"SELECT user_id, {', '.join(own)} FROM {read}")
    taken = ", ".join(f"any_value({quoted(name)}) AS {quoted(name)}" for name in columns)
    return f"SELECT user_id, {taken} FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY user_id ORDER BY user_id"
