"""Whether audiences can be read and sent: lists of users, and what sinks need of the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from ..errors import LimnerError
from ..project import Project
from ..tags.audience.lists import listed_users
from ..tags.sinks.opening import open_sink
from ..tags.sinks.posting import Pace
from .finding import Finding, counted

__all__ = ["about_outlets"]


def about_outlets(project: Project, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """A finding for each audience that is a list, and for each sink; no destination is called."""
    for name, audience in project.spec.audiences.items():
        if audience.users is not None:
            yield _list(project, name, audience.users.read)
    for name in project.spec.sinks:
        yield _sink(project, name, environ)


def _list(project: Project, name: str, read: str) -> Finding:
    where = f"audiences.{name}"
    try:
        users = len(listed_users(project, name))
    except LimnerError as error:
        told, _, mend = str(error).removeprefix(f"{where}.users: ").partition("; ")
        return Finding("refused", where, told, mend or "bring the file, or change `users.read`")
    return Finding("ok", where, f"{counted(users, 'user')} at {read}")


def _sink(project: Project, name: str, environ: Mapping[str, str]) -> Finding:
    where, spec = f"sinks.{name}", project.spec.sinks[name]
    try:
        open_sink(name, spec, project.root, environ, Pace())
    except LimnerError as error:
        told, _, mend = str(error).partition("; ")
        return Finding("warning", where, told, mend)
    return Finding("ok", where, f"{spec.kind}: what it needs is there; it is called when an audience is sent")
