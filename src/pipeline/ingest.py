"""The use case `ingest`: new files of all sources into the event log, with a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engines.store import Store
from ..events.ingest import Sources
from ..events.ingest import ingest as ingest_sources
from ..events.result import IngestResult
from ..progress import Progress
from ..project import Project
from ..timeline import Clock, shown
from .engine import engine_of
from .manifest import new_run_id, write_manifest

__all__ = ["IngestRun", "ingest"]


@dataclass(frozen=True)
class IngestRun(IngestResult):
    """What an ingestion did, and the manifest that is kept of it."""

    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0: an ingestion is done wholly or raises."""
        return 0


def ingest(project: Project, store: Store, clock: Clock, progress: Progress) -> IngestRun:
    """What was read, added, dropped and quarantined, by source; a run that is refused changes nothing.

    Raises:
        SourceError: a file is missing, unreadable or lacks a column.
        QuarantineError: more rows are bad than the project allows.
        LockedError: another run is at work.
    """
    spec = project.spec
    started = clock.now()
    with store.lock(), engine_of(spec.engine) as engine:
        store.recover()
        run_id = new_run_id("ingest", clock, spec.project)
        sources = Sources(spec.sources, spec.attributes, spec.ingest, project.root)
        result = ingest_sources(store, sources, clock, run_id, progress, engine)
        manifest = {
            "run_id": run_id,
            "command": "ingest",
            "project": spec.project,
            "started": shown(started),
            "ended": shown(clock.now()),
            "versions": {"events": store.version("events")},
            "exit_code": 0,
            **result.as_dict(),
        }
        write_manifest(store.root, manifest)
    return IngestRun(result.sources, result.rows, result.users, result.notes, manifest)
