"""A table in PostgreSQL that is brought to what an audience is now, in one transaction."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ...errors import RefusedError, SinkError
from .postgres_sql import Statements, refuse_other_columns
from .protocol import GONE, Parcel

if TYPE_CHECKING:
    from psycopg import Connection, Error

__all__ = ["PostgresSink"]

_NUL = "\x00"
_TOO_LONG = "54000"
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}  # fmt: skip
"""After how long a server is given up that says nothing, in seconds and, the last, in milliseconds."""
_SIGNS = {
    "connection info string": "the dsn cannot be read; write such as postgresql://limner@db.example/crm",
    "connection option": "the dsn cannot be read; write such as postgresql://limner@db.example/crm",
    "refused": "PostgreSQL refused the connection",
    "timeout": "PostgreSQL did not answer in time",
    "resolve host": "the host of the dsn is not known",
    "closed": "PostgreSQL closed the connection",
}
"""What the library says of a connection, in its words and in ours."""


class PostgresSink:
    """A table with a row for each user of each audience, whose primary key is the two together."""

    rows_at_once = None

    def __init__(self, dsn: str, table: str, where: str) -> None:
        self._dsn = dsn
        self._table = table
        self._where = where

    def put(self, parcel: Parcel) -> None:
        """Copy the changes into a temporary table and merge them; what is already so is not written again."""
        _refuse_nul(parcel.changes, self._where)
        fields = [one for one in parcel.members.schema if one.name != "user_id"]
        with self._transaction() as connection:
            statements = Statements(self._table, fields)
            connection.execute(statements.lock())
            connection.execute(statements.create())
            refuse_other_columns(connection, statements, self._where)
            connection.execute(statements.staging())
            with connection.cursor() as cursor, cursor.copy(statements.copy()) as copy:
                for piece in _as_csv(_staged(parcel)):
                    copy.write(piece)
            for statement in statements.merge(parcel.audience, is_whole=parcel.is_whole):
                connection.execute(statement)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A connection whose work is kept once the block has ended well; what the server says of it, in a sentence."""
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ImportError:
            raise RefusedError(
                f"{self._where}: PostgreSQL is an extra of Limner; run: pip install limner[postgres]"
            ) from None
        try:
            with psycopg.connect(self._dsn, application_name="limner", **_PATIENCE) as connection:
                connection.execute("SET LOCAL lock_timeout = '60s'")
                yield connection
        except psycopg.Error as error:
            raise _in_words(error, self._where) from None


def _staged(parcel: Parcel) -> pa.Table:
    """The changes as they are merged: whether the user is gone, who, and what goes along."""
    is_gone = pc.is_in(parcel.changes["change"], pa.array(GONE))
    return parcel.changes.drop_columns(["change"]).add_column(0, "is_gone", is_gone)


def _as_csv(rows: pa.Table) -> Iterator[bytes]:
    """The rows as COPY reads them: a text is always quoted, so what stands there without quotes is null."""
    options = pyarrow.csv.WriteOptions(include_header=False)
    for batch in rows.to_batches(max_chunksize=65_536):
        piece = io.BytesIO()
        pyarrow.csv.write_csv(batch, piece, options)
        yield piece.getvalue()


def _refuse_nul(rows: pa.Table, where: str) -> None:
    for field in rows.schema:
        if pa.types.is_string(field.type) and pc.any(pc.match_substring(rows[field.name], _NUL)).as_py():
            raise RefusedError(
                f"{where}: a text in {field.name} holds a NUL character, which PostgreSQL cannot keep; "
                "remove it where it is made"
            )


def _in_words(error: Error, where: str) -> RefusedError:
    """What the server said, in a sentence without secrets and without values of rows."""
    if error.sqlstate == _TOO_LONG:
        return RefusedError(f"{where}: a user_id is longer than PostgreSQL can index; about 2,700 bytes are the most")
    if error.diag.message_primary is not None:
        said = f"PostgreSQL says: {error.diag.message_primary}"
    else:
        said = _of_the_connection(str(error))
    return SinkError(f"{where}: {said}; nothing of this was written, the next sync goes on")


def _of_the_connection(text: str) -> str:
    """Why there is no connection; what the library says of that may repeat parts of the dsn."""
    if "FATAL:" in text:
        return f"PostgreSQL says: {text.rpartition('FATAL:')[2].strip()}"
    known = [words for sign, words in _SIGNS.items() if sign in text.lower()]
    return known[0] if known else "PostgreSQL cannot be reached, or the dsn cannot be read"
