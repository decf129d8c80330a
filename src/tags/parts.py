"""The parts of a tag while it is made: bucket by bucket onto disk, and back in the order of users."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engines.store import Store
from .maker import Part, Ranked

__all__ = ["ROWS_AT_ONCE", "Parts", "staging"]

ROWS_AT_ONCE = 65_536
"""Rows that are read back and written together."""


class Parts:
    """The rows of one tag, part by part in a file; beside it, what must be seen of all at once: users and scores."""

    def __init__(self, path: Path) -> None:
        self.ranked: list[Ranked] = []
        self.snapshots: list[int] = []
        self._path = path
        self._writer: pa.ipc.RecordBatchFileWriter | None = None
        self._users: list[pa.Array] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, part: Part) -> None:
        """Put the part behind the others."""
        if self._writer is None:
            self._writer = pa.ipc.new_file(str(self._path), part.rows.schema)
        self._writer.write_table(part.rows)
        self._users += part.rows["user_id"].chunks
        if part.ranked is not None:
            self.ranked.append(part.ranked)
        if part.snapshot is not None:
            self.snapshots.append(part.snapshot)

    def numbers(self, name: str) -> pa.Array:
        """A column of numbers, in the order of the parts."""
        with pa.memory_map(str(self._path)) as file:
            return pa.array(pa.ipc.open_file(file).read_all()[name].to_numpy().copy())

    def read(self) -> pa.Table:
        """All rows so far, in the order of the parts."""
        with pa.OSFile(str(self._path)) as file:
            return pa.ipc.open_file(file).read_all()

    @property
    def users(self) -> pa.ChunkedArray:
        """The users, in the order of the parts."""
        return pa.chunked_array(self._users, pa.string())

    def in_order(self, more: Mapping[str, pa.Array]) -> Iterator[pa.Table]:
        """The rows by user, so many at once, each with what else is known of it.

        Every part is sorted by user, so rows that follow each other lie in few places, whatever their number.

        Args:
            more: columns in the order of the parts.
        """
        order = pc.sort_indices(self.users).to_numpy().astype(np.int64)
        with pa.memory_map(str(self._path)) as file:
            kept = pa.ipc.open_file(file).read_all()
            for start in range(0, len(order), ROWS_AT_ONCE):
                chosen = order[start : start + ROWS_AT_ONCE]
                rows = _taken(kept, chosen)
                for name, column in more.items():
                    rows = rows.append_column(name, column.take(pa.array(chosen)))
                yield rows


@contextmanager
def staging(store: Store) -> Iterator[Path]:
    """A folder in the store for what is in the making; empty at first, and gone afterwards. Only under the lock."""
    folder = store.root / ".staging" / "tags"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()  # unless an ingestion that was killed has left its work there


def _taken(rows: pa.Table, places: npt.NDArray[np.int64]) -> pa.Table:
    """The rows at some places, of which many follow each other: slices are joined, and only they are put in order."""
    by_place = np.sort(places)
    breaks = np.flatnonzero(np.diff(by_place) != 1) + 1
    starts, ends = np.append(0, breaks), np.append(breaks, len(by_place))
    slices = [
        rows.slice(by_place[start], end - start) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    joined = pa.concat_tables(slices).combine_chunks()
    is_in_order = np.array_equal(by_place, places)
    return joined if is_in_order else joined.take(pa.array(np.searchsorted(by_place, places)))
