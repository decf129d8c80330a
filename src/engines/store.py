"""A folder of Delta tables that change together.

Delta is atomic for each table. What must change together is tied by one small JSON file, `published`,
which names the version of every table and is replaced atomically, last. Readers look there first, so
they see either all of a run or nothing of it; what a killed run left behind is rolled back by the next.
Each state that was published is numbered and kept in `states/`, so that a store can be seen as it stood.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
from deltalake import DeltaTable, Schema

from .delta import (
    CONFIGURATION,
    NewFile,
    Version,
    add_missing_columns,
    addition,
    fit_for_delta,
    newest,
    opened,
    removals,
    restored,
)
from .lock import locked
from .state import State, require_folder

__all__ = ["Store"]


class Store:
    """The tables of one project, as published."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._published: State | None = None
        self._versions: dict[tuple[str, int | None], Version] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What travels to other machines: which state is seen, but no open table."""
        return {**vars(self), "_versions": {}}

    @property
    def number(self) -> int:
        """Which state is published, counted from 1; 0 when nothing was published."""
        return self._state().number

    @property
    def tables(self) -> list[str]:
        """Names of the published tables, sorted."""
        return sorted(self._state().tables)

    def states(self) -> dict[int, Path]:
        """The states that are kept by number, oldest first: files that were written when they were published."""
        found = {int(path.stem): path for path in self.root.glob("states/*.json") if path.stem.isdecimal()}
        return dict(sorted(found.items()))

    def past(self, number: int) -> Store:
        """The store as it stood in a state that is kept, to be read only.

        Raises:
            DamagedError: the state is not kept, or cannot be read.
        """
        past = Store(self.root)
        past._published = State.read(self._kept(number))
        return past

    def version(self, table: str) -> int | None:
        """The published version of a table; None when it was never published."""
        return self._state().tables.get(table)

    def facts(self, name: str) -> dict[str, Any]:
        """The facts published under a name, beside the versions; empty when there are none."""
        return dict(self._state().facts.get(name, {}))

    def files(self, table: str, **partition: str) -> list[str]:
        """Paths of the table's Parquet files at the published version, sorted.

        Partition columns are not inside the files but in the names of their folders, `column=value`.

        Raises:
            DamagedError: a file is missing or has another size than it was written with.
        """
        if self.version(table) is None:
            return []
        version = self._version(table)
        paths = version.paths(partition)
        version.require_whole(paths)
        return [str(path) for path in paths]

    def referred(self, table: str) -> list[Path]:
        """Paths that the published version of a table refers to, sorted, whether they are there or not."""
        return [] if self.version(table) is None else self._version(table).paths({})

    def verify(self) -> None:
        """Nothing, when every published table can be read and each of its files is there in full.

        Raises:
            DamagedError: one is not; the first is named.
        """
        for table in self.tables:
            self.files(table)

    def table(self, table: str) -> DeltaTable:
        """The Delta table at the published version.

        Raises:
            DamagedError: the table's folder is missing or cannot be read.
        """
        return self._version(table).delta

    def stage(self, table: str, partition: Mapping[str, str]) -> Path:
        """A fresh path inside the table's folder, to write one Parquet file to before it is committed."""
        folder = self.root.joinpath(table, *(f"{column}={value}" for column, value in partition.items()))
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"part-{uuid4().hex}.parquet"

    def commit(
        self,
        table: str,
        schema: pa.Schema,
        partition_by: Sequence[str],
        add: Sequence[NewFile],
        remove: Callable[[Mapping[str, str]], bool] | None,
    ) -> int:
        """The new version of the table, in which the added files stand in for the removed ones.

        Args:
            schema: all columns, partition columns included; columns that the table lacks are added to it.
            remove: tells from a file's partition values whether it goes; None when all go, and the old columns too.

        Raises:
            UsageError: the store lies in a folder whose name Delta cannot bear.
        """
        path = fit_for_delta(self.root / table)
        delta = DeltaTable.create(path, schema, "ignore", list(partition_by), configuration=CONFIGURATION)
        now = int(time.time() * 1000)
        if remove is None:
            added = [addition(path, file, now) for file in add]
            delta.create_write_transaction(added, "overwrite", Schema.from_arrow(schema), list(partition_by))
            return newest(path)
        add_missing_columns(delta, schema)
        removed = removals(delta, lambda _, partition: remove(partition), now)
        actions = [*removed, *(addition(path, file, now) for file in add)]
        if actions:
            delta.create_write_transaction(actions, "append", delta.schema(), list(partition_by))
        return newest(path)

    def swap(self, table: str, add: Sequence[NewFile], remove: Sequence[Path]) -> int:
        """The new version of a published table, in which files stand in for others that held the same rows."""
        gone = {path.name for path in remove}
        return self._changed(table, lambda name, _: name in gone, add)

    def withdraw(self, table: str, gone: Callable[[Mapping[str, str]], bool]) -> int:
        """The new version of a published table without some files; `gone` tells them from their partition values."""
        return self._changed(table, lambda _, partition: gone(partition), ())

    def publish(self, versions: Mapping[str, int], facts: Mapping[str, Mapping[str, Any]]) -> None:
        """Show the given versions and facts to every reader, in one step; what is not given stays."""
        state = self._state().after(versions, facts)
        state.write(self._kept(state.number))
        state.write(self.root / "published")
        self._published = None

    def bring_back(self, past: Store, tables: Sequence[str], facts: Sequence[str]) -> None:
        """Publish tables and facts anew, in one step, as they stood in an earlier state. Only under the lock.

        Raises:
            DamagedError: a file of that state is missing or has another size than it was written with.
        """
        for table in tables:
            past.files(table)
        versions = {table: past.version(table) for table in tables}
        again = {name: restored(self.root / name, one) for name, one in versions.items() if one is not None}
        self.publish(again, {name: past.facts(name) for name in facts})

    def recover(self) -> None:
        """Roll back what was committed but never published. Only under the lock.

        Raises:
            DamagedError: a published table is damaged, or `published` itself is lost; then nothing is removed.
        """
        self._published = None
        tables = self._state().tables
        for log in sorted(self.root.glob("*/_delta_log")):
            if log.parent.name not in tables:
                shutil.rmtree(log.parent)
        newest = {table: restored(self.root / table, version) for table, version in sorted(tables.items())}
        if newest != tables:
            self.publish(newest, {})
        self.verify()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep every other run away from this store; a dead process holds nothing.

        Raises:
            LockedError: another run is at work.
            UsageError: a file lies where the store should.
        """
        require_folder(self.root)
        with locked(self.root / ".lock"):
            self._published = None
            yield

    def _changed(self, table: str, gone: Callable[[str, Mapping[str, str]], bool], add: Sequence[NewFile]) -> int:
        delta, now = self.table(table), int(time.time() * 1000)
        actions = [*removals(delta, gone, now), *(addition(self.root / table, file, now) for file in add)]
        if actions:
            delta.create_write_transaction(actions, "append", delta.schema(), delta.metadata().partition_columns)
        return newest(self.root / table)

    def _state(self) -> State:
        if self._published is None:
            self._published = State.published(self.root)
        return self._published

    def _kept(self, number: int) -> Path:
        return self.root / "states" / f"{number}.json"

    def _version(self, table: str) -> Version:
        """The table at the published version, opened once."""
        version = self.version(table)
        if (table, version) not in self._versions:
            self._versions[table, version] = Version(self.root / table, opened(self.root / table, version))
        return self._versions[table, version]
