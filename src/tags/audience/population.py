"""Everybody, as `current` has them at this moment: a locked database in which conditions over tags are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ...engines.duck import connect, literal, quoted, read_parquet
from ...engines.store import Store
from ...errors import RefusedError
from ...timeline import MICROS
from ..published import current_columns
from ..spec import kind_of
from .condition import Condition, list_table
from .declared import Project
from .lists import listed_users
from .vocabulary import Column

__all__ = ["PLACE", "Population", "everybody", "users_of", "view_of"]


PLACE = '":place"'
"""SQL of where a user stands in the table, from 0 on; a name that no tag can have."""


@dataclass(frozen=True)
class Population:
    """Everybody who has a tag, in the view `everybody`: user_id and present values; an expired value is null.

    `users` is how many they are.
    """

    con: duckdb.DuckDBPyConnection
    users: int

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
    asked = list(conditions)
    columns = [*(column for one in asked for column in one.columns), *more]
    view = view_of(project, store, columns, now)
    lists = {name: listed_users(project, name) for one in asked for name in one.lists}
    with connect() as con:
        for name, users in lists.items():
            con.register(list_table(name), users)
        con.execute(f"CREATE VIEW everybody AS {view}")
        con.execute(f"SET allowed_paths = [{', '.join(literal(file) for file in _files(store))}]")
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        yield Population(con, users_of(store))


def users_of(store: Store) -> int:
    """How many users have a tag.

    Raises:
        RefusedError: nobody was scored yet.
    """
    return sum(_told(file).rows for file in _files(store))


def view_of(project: Project, store: Store, columns: Sequence[Column], now: int) -> str:
    """SQL of everybody, with their places in the order of users, and the present values of some columns.

    Raises:
        RefusedError: nobody was scored yet.
    """
    owners = current_columns({tag: kind_of(spec) for tag, spec in project.spec.tags.items()})
    parts, before = [], 0
    for file in _files(store):
        chosen = {one.name: _present(_told(file), one, owners[one.name][2].type, now) for one in columns}
        named = "".join(f", {sql} AS {quoted(name)}" for name, sql in chosen.items())
        place = f"file_row_number + {before} AS {PLACE}"
        parts.append(f"SELECT user_id, {place}{named} FROM {read_parquet([file], 'file_row_number = true')}")
        before += _told(file).rows
    return " UNION ALL ".join(parts)


def _files(store: Store) -> list[str]:
    files = store.files("current")
    if not files:
        raise RefusedError(f"{store.root}: nobody was scored yet; run: limner score")
    return files


def _present(file: _Told, column: Column, type_: pa.DataType, now: int) -> str:
    """SQL of the column, null where its value has expired; where no value has yet, the instants are not read."""
    until, name = f"{column.tag}_valid_until", quoted(column.name)
    if column.name not in file.names or until not in file.names:
        return f"CAST(NULL AS {'DOUBLE' if pa.types.is_floating(type_) else 'VARCHAR'})"
    first = file.first_expiry.get(until)
    if first is not None and first > now * MICROS:
        return name
    return f"CASE WHEN epoch_us({quoted(until)}) > {now * MICROS} THEN {name} END"


class _Told(NamedTuple):
    """What a file says of itself: its rows, its columns, and when the first of their values expires, in microseconds.

    An instant that it does not tell is left out.
    """

    rows: int
    names: frozenset[str]
    first_expiry: Mapping[str, int]


@lru_cache(maxsize=32)
def _told(file: str) -> _Told:
    """What a file says of itself; no file of a store is ever changed, so it is asked once."""
    found = pq.read_metadata(file)
    names = found.schema.names
    pieces = [found.row_group(place) for place in range(found.num_row_groups)]
    expiry = {name: _first(pieces, names.index(name)) for name in names if name.endswith("_valid_until")}
    known = {name: first for name, first in expiry.items() if first is not None}
    return _Told(found.num_rows, frozenset(names), known)


def _first(pieces: Sequence[pq.RowGroupMetaData], place: int) -> int | None:
    """The smallest instant of a column; None where there is none, or a piece does not tell."""
    found = [piece.column(place).statistics for piece in pieces]
    if any(one is None or (one.num_values and not one.has_min_max) for one in found):
        return None
    return min((one.min_raw for one in found if one.has_min_max), default=None)
