"""Which contents were ingested before, under whatever name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from ..engines.delta import NewFile
from ..engines.store import Store
from .files import SourceFile

__all__ = ["Ledger"]

_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("content", pa.string()),
        ("file", pa.string()),
        ("mapping", pa.string()),
        ("run_id", pa.string()),
    ]
)


@dataclass(frozen=True)
class Entry:
    """One file of one source, as it was ingested; `mapping` is a hash of how its columns were read."""

    source: str
    content: str
    file: str
    mapping: str


class Ledger:
    """The files ingested so far, by source and content."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = [row for path in store.files("ledger") for row in pq.ParquetFile(path).read().to_pylist()]
        self._mappings = {(row["source"], row["content"]): row["mapping"] for row in self._rows}
        self._new: list[Entry] = []

    def unread(self, source: str, files: Sequence[SourceFile]) -> list[SourceFile]:
        """The files whose content is new to the source; of equal files the first."""
        first = {file.content: file for file in reversed(files)}
        return [file for file in files if first[file.content] is file and (source, file.content) not in self._mappings]

    def was_mapped_otherwise(self, source: str, files: Sequence[SourceFile], mapping: str) -> bool:
        """Whether any of the files was ingested with another mapping."""
        before = [self._mappings.get((source, file.content), mapping) for file in files]
        return any(one != mapping for one in before)

    def enter(self, source: str, files: Sequence[SourceFile], mapping: str) -> None:
        """Note the files as ingested, once the ledger is committed."""
        self._new += [Entry(source, file.content, file.shown, mapping) for file in files]

    def commit(self, run_id: str) -> int | None:
        """The table's new version, all of it in one file; None when there is nothing to note."""
        if not self._new:
            return None
        rows = self._rows + [{**vars(entry), "run_id": run_id} for entry in self._new]
        path = self._store.stage("ledger", {})
        pq.write_table(pa.Table.from_pylist(rows, _SCHEMA), path)
        return self._store.commit("ledger", _SCHEMA, [], [NewFile(path, {}, len(rows))], lambda _: True)
