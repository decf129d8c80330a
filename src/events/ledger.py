"""Which contents were ingested before, under whatever name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import pyarrow as pa

from ..engines.delta import NewFile
from ..engines.duck import literal, read_parquet, reading
from ..engines.store import Store
from .files import SourceFile

__all__ = ["Ledger"]

_COLUMNS = ("source", "content", "file", "mapping", "run_id")
_SCHEMA = pa.schema([(name, pa.string()) for name in _COLUMNS])


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
        self._rows = _read(store.files("ledger"))
        self._mappings = {(source, content): mapping for source, content, _, mapping, _ in self._rows}
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
        rows = [*self._rows, *((*astuple(entry), run_id) for entry in self._new)]
        path = self._store.stage("ledger", {})
        _write(rows, path)
        return self._store.commit("ledger", _SCHEMA, [], [NewFile(path, {}, len(rows))], lambda _: True)


def _read(files: Sequence[str]) -> list[tuple[str, ...]]:
    if not files:
        return []
    with reading() as con:
        rows: list[tuple[str, ...]] = con.sql(f"SELECT {', '.join(_COLUMNS)} FROM {read_parquet(files)}").fetchall()
    return rows


def _write(rows: Sequence[tuple[str, ...]], path: Path) -> None:
    """Put the rows into a file, through DuckDB, since pyarrow imports pandas to make columns of Python's values."""
    columns = ", ".join(f"unnest(?::VARCHAR[]) AS {name}" for name in _COLUMNS)
    with reading() as con:
        con.execute(f"COPY (SELECT {columns}) TO {literal(str(path))} (FORMAT parquet)", list(zip(*rows, strict=True)))
