"""What the pages stand on: the project, its store as published at each request, and what is kept between requests."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..engines.store import Store
from ..errors import DamagedError, GateError
from ..events.log import EventLog
from ..keeping import Keeping
from ..models.champion import champion
from ..pipeline.health import health
from ..pipeline.workspace import Workspace
from ..tags.audience import Audience, LiveAnswers, audiences
from ..tags.catalogue import Entry, catalogue
from ..tags.health import Health

__all__ = ["Kept", "Moment", "Site"]

_READ = {"events", "tags", "current", "audiences"}
"""Tables that pages read; of what was sent where they keep nothing."""
_MOST = 256
_ANSWERS = 1 << 30
"""Bytes of columns that are kept; of ten million users, a prediction's chances take 80 MB."""
_MINUTES, _QUARTER = 5, 15
T = TypeVar("T")


class Kept(Keeping):
    """What was found out for earlier requests; `answers` keeps the columns that conditions were asked of."""

    def __init__(self) -> None:
        super().__init__(_MOST)
        self.answers = LiveAnswers(_ANSWERS)


@dataclass(frozen=True)
class Moment:
    """The project as one request sees it: the store as it was published when the request came."""

    workspace: Workspace
    store: Store
    kept: Kept
    key: Hashable

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What follows from what is published, made once for each state."""
        return self.kept.get((self.key, name), make)

    def catalogue(self) -> list[Entry]:
        """All tags; what expires is looked at every few minutes."""
        now = self.now() // (60 * _MINUTES)
        return self.once(("catalogue", now), lambda: catalogue(self.workspace.project, self.store, self.workspace.wall))

    def usable(self) -> list[Entry]:
        """The tags that conditions can ask for and that somebody has: all that were written but drafts."""
        return [entry for entry in self.catalogue() if entry.rows is not None and entry.state != "draft"]

    def health(self) -> list[Health]:
        """How healthy all tags are, by the last quarter of an hour."""
        now, workspace = self.now() // (60 * _QUARTER), self.workspace
        tags = list(workspace.project.spec.tags)
        return self.once(("health", now), lambda: health(workspace.project, self.store, workspace.wall, tags))

    def audiences(self) -> list[Audience]:
        """All audiences of the project, counted by the last full minute."""
        now = self.now() // 60 * 60
        return self.once(("audiences", now), lambda: audiences(self.workspace.project, self.store, now))

    def deliveries(self) -> list[dict[str, Any]]:
        """How audiences stand at their sinks since they were last sent, as of this moment."""
        return self.workspace.deliveries()

    def card(self, tag: str) -> Mapping[str, Any]:
        """The card of a tag's champion; empty where there is none that can be read."""

        def read() -> Mapping[str, Any]:
            try:
                return champion(self.store.root, tag).card
            except (GateError, DamagedError):
                return {}

        return self.once(("card", tag), read)

    def log(self) -> EventLog | None:
        """The event log; None before anything was ingested."""
        return self.once("log", lambda: EventLog.open(self.store) if self.store.version("events") is not None else None)

    def now(self) -> int:
        """The present second by the project's clock."""
        log = self.log() if self.workspace.project.spec.clock == "log" else None
        return self.workspace.wall.now() if log is None else log.now()


class Site:
    """The project that is served."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.kept = Kept()

    def moment(self) -> Moment:
        """The project as published now; while what pages read stays, everything that was read of it is kept."""
        root = self.workspace.project.store_path
        store = self.kept.get(("store", _signature(root / "published")), lambda: Store(root))
        models = (_signature(path) for path in sorted(root.glob("bundles/*/champion.json")))
        read = ((name, store.version(name)) for name in store.tables if name in _READ or name.startswith("attributes_"))
        return Moment(self.workspace, store, self.kept, (*read, *models))


def _signature(path: Path) -> tuple[str, int, int, int]:
    """What differs when a file was replaced."""
    try:
        found = path.stat()
        return path.parent.name, found.st_ino, found.st_mtime_ns, found.st_size
    except FileNotFoundError:
        return path.parent.name, 0, 0, 0
