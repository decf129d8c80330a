"""The wide table `current`: one row per user, made anew from the newest rows of every tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..engines.delta import NewFile
from ..engines.store import Store
from .published import current_columns
from .rows import SCHEMA, Kind

__all__ = ["rebuild_current", "writer"]

_ROWS_AT_ONCE = 65_536


def rebuild_current(store: Store, files: Mapping[str, Sequence[str]], tags: Mapping[str, Kind]) -> int:
    """The version of the table that holds the rows of these files, by tag.

    Files are sorted by user, so a piece of each is enough to go on with, however many users there are.
    """
    columns = [field for _, _, field in current_columns(tags).values()]
    schema = pa.schema([SCHEMA.field("user_id"), *columns])
    sources = [_Source(file, tag, tags) for tag, paths in files.items() for file in paths]
    path, n_rows = store.stage("current", {}), 0
    with writer(path, schema) as out:
        for rows in _merged(sources, schema):
            out.write_table(rows)
            n_rows += rows.num_rows
    return store.commit("current", schema, (), [NewFile(path, {}, n_rows)], lambda _: True)


def writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """What writes a file of the table so that it is quickly counted.

    Numbers nearly all differ, so they are kept as they are: nothing is looked up or unpacked when they are read.
    """
    numbers = {field.name for field in schema if pa.types.is_floating(field.type)}
    others = [name for name in schema.names if name not in numbers and name != "user_id"]
    compression = {name: "none" if name in numbers else "zstd" for name in schema.names}
    return pq.ParquetWriter(path, schema, compression=compression, use_dictionary=others)


class _Source:
    """The rows of a file that are still to come, from the smallest user on, with the columns that `current` takes."""

    def __init__(self, file: str, tag: str, tags: Mapping[str, Kind]) -> None:
        opened = pq.ParquetFile(file)
        written = set(opened.schema_arrow.names)  # an older Limner wrote fewer columns
        wanted = current_columns(tags).items()
        self._names = {source: name for name, (owner, source, _) in wanted if owner == tag and source in written}
        self._kind = tags[tag]
        self._pieces = opened.iter_batches(_ROWS_AT_ONCE, columns=["user_id", "kind", *self._names])
        self._rows = self._next()

    @property
    def last(self) -> str | None:
        """The last user that was read; None when nothing is left."""
        return self._rows["user_id"][-1].as_py() if self._rows is not None else None

    def until(self, last: str) -> pa.Table | None:
        """The rows up to a user that lies no further than the last that was read."""
        if self._rows is None:
            return None
        n = pc.sum(pc.less_equal(self._rows["user_id"], last)).as_py()
        taken, rest = self._rows.slice(0, n), self._rows.slice(n)
        self._rows = rest if len(rest) else self._next()
        return taken

    def _next(self) -> pa.Table | None:
        """The next piece in which somebody has the tag as the kind that it is now."""
        for piece in self._pieces:
            rows = pa.Table.from_batches([piece]).filter(pc.equal(piece["kind"], self._kind))
            if len(rows):
                return rows.rename_columns({**self._names, "user_id": "user_id"}).select(
                    ["user_id", *self._names.values()]
                )
        return None


def _merged(sources: Sequence[_Source], schema: pa.Schema) -> Iterator[pa.Table]:
    """One row per user, sorted; each piece goes as far as every source that has more was read."""
    while read := [source.last for source in sources if source.last is not None]:
        taken = [rows for source in sources if (rows := source.until(min(read))) is not None]
        yield _joined(taken, schema)


def _joined(parts: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    users = pa.chunked_array([chunk for rows in parts for chunk in rows["user_id"].chunks], pa.string()).unique().sort()
    columns = {"user_id": users}
    for rows in parts:
        places = pc.index_in(users, rows["user_id"].combine_chunks())
        for name in rows.column_names[1:]:
            found = rows[name].combine_chunks().take(places)
            columns[name] = pc.coalesce(columns[name], found) if name in columns else found
    empty = {name: pa.nulls(len(users), schema.field(name).type) for name in schema.names if name not in columns}
    return pa.table({name: (columns | empty)[name] for name in schema.names}, schema)
