"""The use case `vacuum`: what the project keeps no longer leaves the store; nothing that is published does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..engines.files import canonical_json
from ..engines.store import Store
from ..engines.vacuum import half_written, remove, size_of, unreferred
from ..events.columns import unpublished
from ..events.log import EventLog
from ..features.remembering import forgotten
from ..project import Project
from ..timeline import Clock, instant, shown
from .manifest import new_run_id, read_manifests, write_manifest
from .restorable import standing
from .retention import Kept, expire, expired, kept

__all__ = ["Removed", "VacuumResult", "vacuum"]


@dataclass(frozen=True)
class Removed:
    """What went from one part of the store: how many files, and how many bytes they held."""

    where: str
    files: int
    bytes: int


@dataclass(frozen=True)
class VacuumResult:
    """What went by part of the store, which instants of tags did, and which runs can still be restored.

    On a dry run, what would go.
    """

    is_dry_run: bool
    expired: Mapping[str, tuple[str, ...]]
    removed: tuple[Removed, ...]
    restorable: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """Done; what hinders is raised."""
        return 0

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON holds it."""
        return {
            "dry_run": self.is_dry_run,
            "expired": {tag: list(instants) for tag, instants in self.expired.items()},
            "removed": [asdict(one) for one in self.removed],
            "files": sum(one.files for one in self.removed),
            "bytes": sum(one.bytes for one in self.removed),
            "restorable": list(self.restorable),
        }


def vacuum(project: Project, store: Store, now: Callable[[], int], clock: Clock, *, dry_run: bool) -> VacuumResult:
    """What was removed, or with `dry_run` what would be.

    What the published state names stays, and what a state names that can be restored or that readers may have opened
    lately. A vacuum that is killed has removed only what nothing refers to, and the next goes on.

    Args:
        now: gives the present second by the project's clock, once there is a log.
        clock: the clock on the wall.

    Raises:
        DamagedError: the store is damaged; nothing was removed.
        LockedError: another run is at work.
    """
    started = clock.now()
    with store.lock():
        store.verify() if dry_run else store.recover()
        gone = expired(project, store, now)
        if gone and not dry_run:
            expire(store, gone)
        keeping = kept(store, project.spec.retention, gone if dry_run else {})
        waste = dict(_waste(project, store, keeping, started))
        removed = tuple(Removed(where, *size_of(paths)) for where, paths in waste.items() if paths)
        instants = {tag: tuple(shown(one.as_of) for one in entries) for tag, entries in gone.items()}
        result = VacuumResult(dry_run, instants, removed, keeping.restorable)
        if not dry_run:
            remove(store.root, [path for paths in waste.values() for path in paths])
            write_manifest(store.root, _manifest(project, store, result, started, clock))
    return result


def _manifest(project: Project, store: Store, result: VacuumResult, started: int, clock: Clock) -> dict[str, Any]:
    """The run as it is kept; where it published tags without those that expired, it can be restored."""
    return {
        "run_id": new_run_id("vacuum", clock, canonical_json([project.spec.project, store.number])),
        "command": "vacuum",
        "project": project.spec.project,
        "started": shown(started),
        "ended": shown(clock.now()),
        "exit_code": 0,
        **({"published": standing(store)} if result.expired else {}),
        **result.as_dict(),
    }


def _waste(project: Project, store: Store, keeping: Kept, now: int) -> Iterator[tuple[str, list[Path]]]:
    """What may go, by part of the store: first the states, so that nothing that is half removed can be restored."""
    root = store.root
    yield "states", [path for number, path in store.states().items() if number not in keeping.states]
    yield from unreferred(root, keeping.files).items()
    yield "columns", [] if store.version("events") is None else unpublished(EventLog.open(store))
    yield "remembered", forgotten(root)
    yield "cards", sorted(path for path in root.glob("cards/*.html") if path.stem not in project.spec.tags)
    yield "half written", [*half_written(root), *root.glob(".staging")]
    yield "runs", list(_old_manifests(root, keeping, now - project.spec.retention.manifests.seconds))


def _old_manifests(root: Path, keeping: Kept, oldest: int) -> Iterator[Path]:
    for run_id, manifest in read_manifests(root).items():
        if run_id in keeping.writers or run_id in keeping.restorable:
            continue
        with suppress(KeyError, TypeError, ValueError):
            if instant(manifest["ended"]) < oldest:
                yield root / "runs" / f"{run_id}.json"
