"""Delta tables one by one: opened, checked against what is on disk, and told what changes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from ..errors import DamagedError, RefusedError, UsageError
from .state import MEND

__all__ = [
    "CONFIGURATION", "NewFile", "Version", "add_missing_columns", "addition", "fit_for_delta", "newest", "opened",
    "removals", "restored",
]  # fmt: skip

CONFIGURATION = {"delta.enableExpiredLogCleanup": "false"}
"""Delta would forget versions after a month, those of states that can be restored too; what goes, the vacuum says."""

_CHECKPOINT_EVERY = 32
"""Commits after which a table's state is written down, so that none is opened by reading all its commits."""
_UNFIT = frozenset("[]|^%\\")


@dataclass(frozen=True)
class NewFile:
    """A Parquet file that was written at a staged path and awaits its commit."""

    path: Path
    partition: Mapping[str, str]
    rows: int


@dataclass(frozen=True)
class Version:
    """A table at one version; its files are where the folder `path` is now, wherever it was written."""

    path: Path
    delta: DeltaTable

    def paths(self, partition: Mapping[str, str]) -> list[Path]:
        """The files with these partition values, sorted."""
        return [path for path, held in self._files.items() if partition.items() <= held.items()]

    def require_whole(self, paths: Sequence[Path]) -> None:
        """Refuse a file that is missing or cut; what changed inside without changing its size, its reader finds.

        Raises:
            DamagedError: a file is missing or has another size than it was written with.
            RefusedError: it may not be read.
        """
        for path in paths:
            found = path.stat().st_size if path.is_file() else None
            if found != self._sizes[path.name]:
                told = "is missing" if found is None else f"holds {found:,} bytes, not {self._sizes[path.name]:,}"
                raise DamagedError(f"{path}: {told}; {MEND}")
            if not os.access(path, os.R_OK):
                raise RefusedError(f"{path}: may not be read by who runs this; change its permissions")

    @cached_property
    def _files(self) -> dict[Path, Mapping[str, str]]:
        """The partition values of each file, sorted; looked for once, since a version never changes."""
        inner = len(self.delta.metadata().partition_columns) + 1
        found = sorted(self.path.joinpath(*Path(uri).parts[-inner:]) for uri in self.delta.file_uris())
        return {path: _partition_of(self._added[path.name]) for path in found}

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return {name: file["size_bytes"] for name, file in self._added.items()}

    @cached_property
    def _added(self) -> dict[str, dict[str, Any]]:
        return {Path(file["path"]).name: file for file in _additions(self.delta)}


def opened(path: Path, version: int | None = None) -> DeltaTable:
    """The table at a version, the newest when None.

    Raises:
        DamagedError: its folder is missing or cannot be read.
    """
    try:
        return DeltaTable(path, version=version)
    except (DeltaError, OSError) as error:
        raise DamagedError(f"{path}: cannot be read as a Delta table: {error}; {MEND}") from error


def newest(path: Path) -> int:
    """The newest version of a table, just committed."""
    delta = DeltaTable(path)
    if delta.version() % _CHECKPOINT_EVERY == 0:
        delta.create_checkpoint()
    return int(delta.version())


def restored(path: Path, version: int) -> int:
    """The newest version of a table, which is the given one, or a new one that is like it."""
    delta = opened(path)
    if delta.version() == version:
        return version
    opened(path, version)
    delta.restore(version)
    return newest(path)


def fit_for_delta(path: Path) -> Path:
    """The path, where Delta can write to it: it would read some characters of a folder's name as an address's.

    Raises:
        UsageError: it cannot.
    """
    wrong = sorted(_UNFIT.intersection(str(path.absolute())))
    if wrong:
        raise UsageError(f"{path.parent}: a store cannot lie in a folder with {' '.join(wrong)} in its name; move it")
    return path


def add_missing_columns(delta: DeltaTable, schema: pa.Schema) -> None:
    """Give the table the columns of the schema that it lacks."""
    known = {field.name for field in delta.schema().fields}
    wanted = Schema.from_arrow(schema).fields
    missing = [field for field in wanted if field.name not in known]
    if missing:
        delta.alter.add_columns(missing)


def removals(delta: DeltaTable, gone: Callable[[str, Mapping[str, str]], bool], now: int) -> Iterator[RemoveAction]:
    """What says of each file that goes, told by its name and partition values, that it does."""
    for file in _additions(delta):
        partition = _partition_of(file)
        if gone(Path(file["path"]).name, partition):
            yield RemoveAction(file["path"], True, now, file["size_bytes"], partition)


def addition(table: Path, file: NewFile, now: int) -> AddAction:
    """What says of a file that it is part of the table from now on, in milliseconds."""
    return AddAction(
        path=file.path.relative_to(table).as_posix(),
        size=file.path.stat().st_size,
        partition_values=dict(file.partition),
        modification_time=now,
        data_change=True,
        stats=json.dumps({"numRecords": file.rows}),
    )


def _additions(delta: DeltaTable) -> list[dict[str, Any]]:
    """What the table says of each of its files: `path`, `size_bytes` and, where it has partitions, `partition`."""
    actions = pa.RecordBatchReader.from_stream(delta.get_add_actions())  # where `pa.table` would import pandas
    told = [name for name in ("path", "size_bytes", "partition") if name in actions.schema.names]
    found: list[dict[str, Any]] = actions.read_all().select(told).to_pylist()
    return found


def _partition_of(file: Mapping[str, Any]) -> dict[str, str]:
    return {column: str(value) for column, value in (file.get("partition") or {}).items()}
