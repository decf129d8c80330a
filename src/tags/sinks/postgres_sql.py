"""The statements by which a PostgreSQL table is made, checked and merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from ...errors import RefusedError

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composable, Composed

__all__ = ["Statements", "refuse_other_columns"]

_STAGING = "limner_staged"
_FITTING = {
    "text": {"text", "character varying"},
    "boolean": {"boolean"},
    "double precision": {"double precision"},
    "bigint": {"bigint"},
    "timestamp without time zone": {"timestamp without time zone"},
}
"""What a column may be where its values are texts, flags, numbers or instants."""
_COLUMNS = """
    SELECT a.attname, regexp_replace(format_type(a.atttypid, a.atttypmod), '\\(.*\\)', '')
    FROM pg_attribute a WHERE a.attrelid = to_regclass({table}) AND a.attnum > 0 AND NOT a.attisdropped"""
_KEYS = """
    SELECT 1 FROM pg_index i WHERE i.indrelid = to_regclass({table}) AND i.indisunique AND i.indpred IS NULL
    AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
         WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)) = ARRAY['audience', 'user_id']"""


class Statements:
    """SQL about one table and what goes along with a user; every name in it is quoted by psycopg."""

    def __init__(self, table: str, fields: Sequence[pa.Field]) -> None:
        from psycopg import sql  # noqa: PLC0415 - an extra

        self.sql = sql
        self.types = {"audience": "text", "user_id": "text", **{one.name: _type(one.type) for one in fields}}
        self.named = table
        self.table = sql.Identifier(*table.split("."))
        self.quoted = sql.Literal(self.table.as_string(None))
        self._along = [one.name for one in fields]

    def lock(self) -> Composed:
        """Wait until no other sync is at work on the table."""
        text = self.sql.SQL("SELECT pg_advisory_xact_lock(hashtextextended({table}, 0))")
        return text.format(table=self.quoted)

    def create(self) -> Composed:
        """Make the table where it is absent."""
        text = self.sql.SQL("CREATE TABLE IF NOT EXISTS {table} ({columns}, PRIMARY KEY (audience, user_id))")
        return text.format(table=self.table, columns=self._declared(self.types))

    def staging(self) -> Composed:
        """Make the temporary table, which goes with the transaction."""
        along = {name: type_ for name, type_ in self.types.items() if name != "audience"}
        text = self.sql.SQL("CREATE TEMPORARY TABLE {staging} ({columns}) ON COMMIT DROP")
        return text.format(staging=self._staging(), columns=self._declared({"is_gone": "boolean", **along}))

    def copy(self) -> Composed:
        """Fill it."""
        return self.sql.SQL("COPY {staging} FROM STDIN (FORMAT csv)").format(staging=self._staging())

    def merge(self, audience: str, *, is_whole: bool) -> Iterator[Composed]:
        """Bring the table to what was staged; with `is_whole`, whoever else is in the audience goes too."""
        names = {
            "table": self.table,
            "staging": self._staging(),
            "audience": self.sql.Literal(audience),
            "columns": self._listed("{column}"),
            "conflict": self._on_conflict(),
        }
        gone = "EXISTS (SELECT FROM {staging} s WHERE s.user_id = t.user_id AND s.is_gone)"
        if is_whole:
            gone = "NOT EXISTS (SELECT FROM {staging} s WHERE s.user_id = t.user_id AND NOT s.is_gone)"
        yield self.sql.SQL("ANALYZE {staging}").format(**names)
        yield self.sql.SQL("DELETE FROM {table} t WHERE t.audience = {audience} AND " + gone).format(**names)
        yield self.sql.SQL(
            "INSERT INTO {table} AS t (audience, user_id{columns}) "
            "SELECT {audience}, user_id{columns} FROM {staging} WHERE NOT is_gone "
            "ON CONFLICT (audience, user_id) {conflict}"
        ).format(**names)

    def columns_there(self) -> Composed:
        """The table's columns and their types."""
        return self.sql.SQL(_COLUMNS).format(table=self.quoted)

    def keys_there(self) -> Composed:
        """A row for each unique index over audience and user."""
        return self.sql.SQL(_KEYS).format(table=self.quoted)

    def _on_conflict(self) -> Composable:
        if not self._along:
            return self.sql.SQL("DO NOTHING")
        return self.sql.SQL("DO UPDATE SET {set} WHERE ({there}) IS DISTINCT FROM ({here})").format(
            set=self._joined("{column} = excluded.{column}"),
            there=self._joined("t.{column}"),
            here=self._joined("excluded.{column}"),
        )

    def _joined(self, text: str) -> Composed:
        return self.sql.SQL(", ").join(
            self.sql.SQL(text).format(column=self.sql.Identifier(name)) for name in self._along
        )

    def _listed(self, text: str) -> Composable:
        return self.sql.SQL(", {columns}").format(columns=self._joined(text)) if self._along else self.sql.SQL("")

    def _declared(self, types: dict[str, str]) -> Composed:
        return self.sql.SQL(", ").join(
            self.sql.Identifier(name) + self.sql.SQL(" " + type_) for name, type_ in types.items()
        )

    def _staging(self) -> Composable:
        return self.sql.Identifier("pg_temp", _STAGING)


def refuse_other_columns(connection: Connection, statements: Statements, where: str) -> None:
    """Nothing, where the table has the columns and the key that a merge needs.

    Raises:
        RefusedError: it lacks one, or has it in another type; the first is named.
    """
    there: dict[str, str] = dict(connection.execute(statements.columns_there()).fetchall())
    for name, type_ in statements.types.items():
        if name not in there:
            raise RefusedError(
                f"{where}: the table {statements.named} lacks the column {name}; "
                f"add it as {type_}, or take another table"
            )
        if there[name] not in _FITTING[type_]:
            raise RefusedError(
                f"{where}: the table {statements.named} has {name} as {there[name]}, not {type_}; take another table"
            )
    if not connection.execute(statements.keys_there()).fetchall():
        raise RefusedError(
            f"{where}: the table {statements.named} has no primary key or unique index over audience and user_id; "
            "add it, or take another table"
        )


def _type(type_: pa.DataType) -> str:
    if pa.types.is_timestamp(type_):
        return "timestamp without time zone"
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_floating(type_):
        return "double precision"
    return "bigint" if pa.types.is_integer(type_) else "text"
