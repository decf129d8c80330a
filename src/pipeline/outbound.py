"""Audiences on their way out of the store: what is asked for, who is in them, and what is kept of a run."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from ..engines.store import Store
from ..errors import UsageError
from ..project import Project
from ..tags.audience.salts import SALTS, kept_salts
from ..tags.sinks.columns import along, with_columns
from ..tags.sinks.pending import Stamp
from ..tags.sinks.posting import Pace
from ..tags.spec import shown_kinds
from ..tags.unknown import unknown
from ..timeline import shown

__all__ = ["Asked", "Members", "Outbound", "Sent", "keep_salts", "manifest_of", "require", "rows_of", "who_asks"]

Members = Callable[[str], pa.Table]
"""Gives `user_id` and `holdout` of everybody in an audience, sorted by user."""


class Sent(Protocol):
    """An audience, as far as it goes anywhere."""

    @property
    def sink(self) -> str | None:
        """Where its users are sent."""

    @property
    def on_enter(self) -> str | None:
        """The webhook that is told of whoever enters."""

    @property
    def on_leave(self) -> str | None:
        """The webhook that is told of whoever leaves."""


@dataclass(frozen=True)
class Outbound:
    """Audiences that may go somewhere, who is in them, and what is outside: the environment, and how to wait."""

    audiences: Mapping[str, Sent]
    members: Members
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True)
class Asked:
    """What is asked for: the audiences, all that go somewhere when None, by whom, and whether everything goes again.

    `now` is the present second by the project's clock.
    """

    names: Sequence[str] | None
    now: int
    who: str
    again: bool = False


def who_asks() -> str:
    """The user of the system that runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def rows_of(project: Project, store: Store, members: pa.Table, columns: Sequence[str], now: int) -> pa.Table:
    """`user_id`, `held_out` and what goes along, of the members of an audience.

    Raises:
        SpecError: no tag has such a column.
    """
    kinds = shown_kinds(project.spec.tags)
    return with_columns(store, members, [along(column, kinds) for column in columns], now)


def manifest_of(project: Project, command: str, stamp: Stamp, ended: int, told: Mapping[str, Any]) -> dict[str, Any]:
    """The run as it is kept, which names no user whom tags are written on."""
    return {
        "run_id": stamp.run_id,
        "command": command,
        "project": project.spec.project,
        "started": shown(stamp.at),
        "ended": shown(ended),
        "as_of": shown(stamp.as_of),
        "who": stamp.who,
        **told,
    }


def keep_salts(project: Project, store: Store) -> None:
    """Publish the words that holdouts are drawn with, where any is new: who was left alone stays so. Under the lock."""
    salts = kept_salts(project, store)
    if salts != store.facts(SALTS):
        store.publish({}, {SALTS: salts})


def require(audiences: Mapping[str, Sent], name: str) -> None:
    """Nothing, where there is such an audience.

    Raises:
        UsageError: there is none.
    """
    if name not in audiences:
        raise UsageError(unknown("audience", name, audiences))
