"""A Delta table for any engine to read, with a partition for each audience that is replaced in one step."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from ...engines.delta import NewFile, opened
from ...engines.store import Store
from ...errors import DamagedError, RefusedError, SinkError
from ...exits import told_by_the_system
from .protocol import Parcel

__all__ = ["DeltaSink"]


class DeltaSink:
    """A Delta table with the members of all audiences that go there."""

    rows_at_once = None

    def __init__(self, path: Path, where: str) -> None:
        self._store = Store(path.parent)
        self._path = path
        self._where = where

    def put(self, parcel: Parcel) -> None:
        """Commit the audience's members in the place of those of before; older versions go where one is forgotten."""
        partition = {"audience": parcel.audience}
        schema = pa.schema([pa.field("audience", pa.string()), *parcel.members.schema])
        try:
            self._refuse_other_types(schema)
            path = self._store.stage(self._path.name, partition)
            pq.write_table(parcel.members, path, compression="zstd")
            file = NewFile(path, partition, len(parcel.members))
            self._store.commit(self._path.name, schema, ("audience",), [file], lambda one: dict(one) == partition)
            if parcel.is_forgetting:
                DeltaTable(self._path).vacuum(0, dry_run=False, enforce_retention_duration=False)
        except (DeltaError, DamagedError, OSError) as error:
            raise SinkError(f"{self._where}: {self._path} cannot be written: {told_by_the_system(error)}") from error

    def _refuse_other_types(self, schema: pa.Schema) -> None:
        if not (self._path / "_delta_log").exists():
            return
        delta = opened(self._path)
        if delta.metadata().partition_columns != ["audience"]:
            raise RefusedError(
                f"{self._where}: {self._path} is a Delta table that is not partitioned by audience; name another path"
            )
        there = {field.name: field.type for field in pa.schema(delta.schema().to_arrow())}
        for field in schema:
            if there.get(field.name, field.type) != field.type:
                raise RefusedError(
                    f"{self._where}: {self._path} has {field.name} as {there[field.name]}, not {field.type}; "
                    "name another path, or remove the table"
                )
