"""Everybody, as `current` has them at this moment: a locked database in which conditions over tags are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ...engines.duck import connect, literal, quoted, read_parquet
from ...engines.store import Store
from ...errors import RefusedError
from ...timeline import MICROS
from ..published import current_columns
from .condition import Condition, list_table
from .declared import Project
from .lists import listed_users
from .vocabulary import Column

__all__ = ["Population", "everybody"]


@dataclass(frozen=True)
class Population:
    """Everybody who has a tag, in the view `everybody`: user_id and present values; an expired value is null."""

    con: duckdb.DuckDBPyConnection

    def rows(self, query: str, *conditions: Condition) -> list[tuple[Any, ...]]:
        """The rows of a query that was written here, with the parameters of its conditions."""
        found: list[tuple[Any, ...]] = self._asked(query, conditions).fetchall()
        return found

    def table(self, query: str, *conditions: Condition) -> pa.Table:
        """The same as a table."""
        return self._asked(query, conditions).to_arrow_table()

    def _asked(self, query: str, conditions: Sequence[Condition]) -> duckdb.DuckDBPyRelation:
        parameters = {name: value for one in conditions for name, value in one.parameters.items()}
        return self.con.sql(query, params=parameters or None)


@contextmanager
def everybody(
    project: Project, store: Store, now: int, conditions: Iterable[Condition], more: Iterable[Column] = ()
) -> Iterator[Population]:
    """The population with the columns and lists that the conditions read, and some more columns.

    Raises:
        RefusedError: nobody was scored yet.
        SourceError: a list of users cannot be read.
    """
    files = store.files("current")
    if not files:
        raise RefusedError(f"{store.root}: nobody was scored yet; run: limner score")
    asked = list(conditions)
    lists = {name: listed_users(project, name) for one in asked for name in one.lists}
    columns = [*(column for one in asked for column in one.columns), *more]
    with connect() as con:
        for name, users in lists.items():
            con.register(list_table(name), users)
        con.execute(f"CREATE VIEW everybody AS {_view(project, files, columns, now)}")
        con.execute(f"SET allowed_paths = [{', '.join(literal(file) for file in files)}]")
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        yield Population(con)


def _view(project: Project, files: Sequence[str], columns: Sequence[Column], now: int) -> str:
    owners = current_columns({tag: spec.kind for tag, spec in project.spec.tags.items()})
    present = _Present.of(files, now)
    chosen = {column.name: present.sql(column, owners[column.name][2].type) for column in columns}
    told = "".join(f", {sql} AS {quoted(name)}" for name, sql in chosen.items())
    return f"SELECT user_id{told} FROM {read_parquet(files)}"


@dataclass(frozen=True)
class _Present:
    """What the files tell of when values expire: the first and the last instant by column; None where it is unknown."""

    expiry: Mapping[str, tuple[int, int] | None]
    names: frozenset[str]
    now: int

    @classmethod
    def of(cls, files: Sequence[str], now: int) -> _Present:
        metadata = [pq.read_metadata(file) for file in files]
        names = frozenset.intersection(*(frozenset(one.schema.names) for one in metadata))
        expiry = {name: _ends(metadata, name) for name in names if name.endswith("_valid_until")}
        return cls(expiry, names, now)

    def sql(self, column: Column, type_: pa.DataType) -> str:
        """The column, null where its value has expired; where all or none have, the instants are not read."""
        until, name = f"{column.tag}_valid_until", quoted(column.name)
        if column.name not in self.names or until not in self.names:
            return f"CAST(NULL AS {'DOUBLE' if pa.types.is_floating(type_) else 'VARCHAR'})"
        ends = self.expiry[until]
        if ends is not None and ends[0] > self.now * MICROS:
            return name
        return f"CASE WHEN epoch_us({quoted(until)}) > {self.now * MICROS} THEN {name} END"


def _ends(metadata: Sequence[pq.FileMetaData], name: str) -> tuple[int, int] | None:
    """The smallest and the largest instant of a column, in microseconds, where every piece of the files tells."""
    found = []
    for one in metadata:
        place = one.schema.names.index(name)
        for piece in range(one.num_row_groups):
            told = one.row_group(piece).column(place).statistics
            if told is None or (told.num_values and not told.has_min_max):
                return None
            found += [told.min_raw, told.max_raw] if told.has_min_max else []
    return (min(found), max(found)) if found else None
