"""Audiences that are lists: users from a file, read and checked as a source reads them."""

from __future__ import annotations

import pyarrow as pa

from ...engines.duck import connect
from ...errors import SourceError
from ...events.checked import key
from ...events.files import find_files
from ...events.raw import open_raw
from ..audience_spec import UsersSpec
from .declared import Project

__all__ = ["contents", "listed_users"]


def listed_users(project: Project, name: str) -> pa.Table:
    """The users of an audience that is a list, in the one column `user_id`, each once.

    Raises:
        SourceError: a file is missing or unreadable, lacks the column, or has a row that names nobody.
    """
    spec = project.spec.audiences[name].users
    users = set() if spec is None else _read(project, f"audiences.{name}.users", spec)
    return pa.table({"user_id": pa.array(sorted(users), pa.string())})


def contents(project: Project, name: str) -> list[str]:
    """The hash of what each file of a list holds, in their order.

    Raises:
        SourceError: a file is missing or unreadable.
    """
    spec = project.spec.audiences[name].users
    found = [] if spec is None else find_files(f"audiences.{name}.users", spec.read, project.root)
    return [file.content for file in found]


def _read(project: Project, where: str, spec: UsersSpec) -> set[str]:
    users: set[str] = set()
    for file in find_files(where, spec.read, project.root):
        with connect(threads=1) as con:
            raw = open_raw(con, where, file, {spec.user_id: "value"})
            checked = key(raw.columns[spec.user_id])
            wrong = con.sql(f'SELECT ":row", {checked.reason} AS reason FROM raw WHERE reason IS NOT NULL LIMIT 1')
            bad = wrong.fetchall()
            rejected = con.sql(f"SELECT row, reason FROM ({raw.rejected}) LIMIT 1").fetchall() if raw.rejected else []
            for row, reason in [*bad, *rejected]:
                raise SourceError(f"{where}: {file.shown}, row {row}: {reason}; mend the list, or leave the row out")
            users.update(user for (user,) in con.sql(f"SELECT DISTINCT {checked.value} FROM raw").fetchall())
    return users
