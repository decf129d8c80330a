"""The use case `restore`: the tags as they stood right after an earlier run, published at once and itself a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..engines.files import canonical_json
from ..engines.store import Store
from ..project import Project
from ..tags.published import newest, published
from ..timeline import Clock, shown
from .manifest import new_run_id, write_manifest
from .restorable import restorable, run_named, standing, tables_of_tags

__all__ = ["RestoreResult", "RestoredTag", "restore"]


@dataclass(frozen=True)
class RestoredTag:
    """A tag after the restoration: whether it differs from before, and its newest rows; none where it was removed."""

    tag: str
    outcome: Literal["restored", "unchanged", "removed"]
    as_of: str | None = None
    rows: int | None = None
    published_by: str | None = None


@dataclass(frozen=True)
class RestoreResult:
    """What became of each tag, and the manifest that is kept of the run.

    `restored` is the run whose tags stand now, `before` the run whose tags stood until now, None where it is unknown.
    """

    is_changed: bool
    restored: str
    before: str | None
    tags: tuple[RestoredTag, ...]
    manifest: Mapping[str, Any]

    @property
    def exit_code(self) -> int:
        """Done; what hinders is raised."""
        return 0


def restore(project: Project, store: Store, run: str, clock: Clock) -> RestoreResult:
    """What became of each tag; the log and the models stay as they are.

    Args:
        run: the id of the run after which the tags stood so, or as much of it as no other run has.

    Raises:
        UsageError: no run has the id, several may be meant, or it left no tags.
        RefusedError: how the tags stood after the run is not kept any more.
        DamagedError: a file of those tags is missing or cut; nothing was changed.
        LockedError: another run is at work.
    """
    started = clock.now()
    with store.lock():
        store.recover()
        chosen = run_named(store, run)
        run_id = new_run_id("restore", clock, canonical_json([project.spec.project, chosen.run_id, store.number]))
        past, before = store.past(chosen.state), _stood(store)
        tags, tables = _compared(store, past), tables_of_tags(store)
        is_changed = _differs(store, past, tables)
        if is_changed:
            store.bring_back(past, tables, ["tags"])
        manifest = {
            "run_id": run_id,
            "command": "restore",
            "project": project.spec.project,
            "started": shown(started),
            "ended": shown(clock.now()),
            "restored": chosen.run_id,
            "before": before,
            "published": standing(store),
            "exit_code": 0,
            "tags": [asdict(one) for one in tags],
        }
        write_manifest(store.root, manifest)
    return RestoreResult(is_changed, chosen.run_id, before, tags, manifest)


def _stood(store: Store) -> str | None:
    """The newest run after which the tags stood as they do."""
    facts = store.facts("tags")
    return next((one.run_id for one in restorable(store) if store.past(one.state).facts("tags") == facts), None)


def _differs(store: Store, past: Store, tables: Sequence[str]) -> bool:
    """Whether other files make up the tables, or other facts are known of the tags."""
    files = any(past.referred(table) != store.referred(table) for table in tables)
    return files or past.facts("tags") != store.facts("tags")


def _compared(store: Store, past: Store) -> tuple[RestoredTag, ...]:
    return tuple(_told(store, past, tag) for tag in sorted({*store.facts("tags"), *past.facts("tags")}))


def _told(store: Store, past: Store, tag: str) -> RestoredTag:
    entry = newest(past, tag)
    if entry is None:
        return RestoredTag(tag, "removed")
    is_same = published(past, tag) == published(store, tag)
    return RestoredTag(tag, "unchanged" if is_same else "restored", shown(entry.as_of), entry.rows, entry.run_id)
