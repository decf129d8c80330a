"""A project at work: its file, its store and its clock, behind one face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..engines.store import Store
from ..errors import UsageError
from ..progress import Progress, Silent
from ..project import Project, load
from ..timeline import Clock, WallClock, instant
from .questions_of_audiences import QuestionsOfAudiences
from .sending import SendingOfAudiences

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

    from ..tags.catalogue import Entry
    from ..tags.health import Health
    from ..tags.portrait import Portrait
    from .finding import Finding
    from .ingest import IngestRun
    from .restore import RestoreResult
    from .score import ScoreResult
    from .train import TrainResult
    from .vacuum import VacuumResult

__all__ = ["Workspace"]


@dataclass(frozen=True)
class Workspace(QuestionsOfAudiences, SendingOfAudiences):
    """What can be done with a project; commands and notebooks go through here.

    `wall` is the clock on the wall; whether "now" is it or the end of the log, the project decides.
    """

    project: Project
    wall: Clock

    @classmethod
    def open(cls, config: Path, wall: Clock | None = None) -> Self:
        """The workspace of a project file.

        Raises:
            SpecError: the file is missing or wrong; every mistake in it is listed.
        """
        project = load(config)
        return cls(project, wall or WallClock())

    @property
    def store(self) -> Store:
        """The store as it is published at this moment; what others publish later is not seen through it."""
        return Store(self.project.store_path)

    def check(self, tags: Sequence[str] | None = None, progress: Progress | None = None) -> list[Finding]:
        """Whether the project, its log, its tags, all of them unless named, and its models are fit for use.

        Raises:
            UsageError: a name is not a tag.
        """
        from .check import check

        return check(self.project, self.store, self.now, tags, progress or Silent())

    def leaks(self, tags: Sequence[str] | None = None, progress: Progress | None = None) -> list[Finding]:
        """Whether features of predictive tags, all of them unless named, see the future or changed since training.

        Raises:
            UsageError: a name is not a predictive tag.
            RefusedError: nothing was ingested yet.
        """
        from .leaks import leaks

        return leaks(self.project, self.store, tags, progress or Silent())

    def ingest(self, progress: Progress | None = None) -> IngestRun:
        """Bring new files of all sources into the event log.

        Raises:
            SourceError: a file is missing, unreadable or lacks a column.
            QuarantineError: more rows are bad than the project allows; nothing was changed.
            LockedError: another run is at work.
        """
        from .ingest import ingest
        from .monitoring import monitored

        def work() -> IngestRun:
            return ingest(self.project, self.store, self.wall, progress or Silent())

        return monitored("ingest", self.project, self.wall, work)

    def train(self, tags: Sequence[str] | None = None, progress: Progress | None = None) -> TrainResult:
        """Train predictive tags, all of them unless named, and let them through the gate.

        Raises:
            UsageError: a name is not a predictive tag.
        """
        from .monitoring import monitored
        from .train import train

        def work() -> TrainResult:
            return train(self.project, self.store, tags, self.wall, progress or Silent())

        return monitored("train", self.project, self.wall, work)

    def score(
        self, tags: Sequence[str] | None = None, as_of: str | None = None, progress: Progress | None = None
    ) -> ScoreResult:
        """Write tags on every user as of an instant, now when left out.

        Raises:
            UsageError: a name is not a tag, or `as_of` is not an instant.
        """
        from .monitoring import monitored
        from .score import score

        def work() -> ScoreResult:
            cutoff, watcher = None if as_of is None else _instant(as_of), progress or Silent()
            return score(self.project, self.store, tags=tags, as_of=cutoff, clock=self.wall, progress=watcher)

        return monitored("score", self.project, self.wall, work)

    def restore(self, run: str) -> RestoreResult:
        """Bring the tags back to as they stood right after a run; the log and the models stay as they are.

        Args:
            run: its id, or as much of it as no other run has.

        Raises:
            UsageError: no run has the id, several may be meant, or it left no tags.
            RefusedError: how the tags stood after the run is not kept any more.
        """
        from .monitoring import monitored
        from .restore import restore

        def work() -> RestoreResult:
            return restore(self.project, self.store, run, self.wall)

        return monitored("restore", self.project, self.wall, work)

    def vacuum(self, *, dry_run: bool = False) -> VacuumResult:
        """Remove from the store what is older than the project keeps; on a dry run only tell what that is.

        Raises:
            DamagedError: the store is damaged; nothing was removed.
            LockedError: another run is at work.
        """
        from .monitoring import monitored
        from .vacuum import vacuum

        def work() -> VacuumResult:
            return vacuum(self.project, self.store, self.now, self.wall, dry_run=dry_run)

        return work() if dry_run else monitored("vacuum", self.project, self.wall, work)

    def promote(self, tag: str, version: int | None = None) -> dict[str, Any]:
        """Make a trained version the champion, the challenger when left out; tells what changed."""
        from .train import promote

        return promote(self.project, self.store, tag, version)

    def rollback(self, tag: str) -> dict[str, Any]:
        """Make the champion before this one the champion again; tells what changed."""
        from .train import rollback

        return rollback(self.project, self.store, tag)

    def features(self, tag: str, as_of: str | None = None) -> pa.Table:
        """The vectors of a predictive tag's cohort at an instant: user_id, cutoff and a float32 column per feature.

        The plan is the champion's, or, before there is one, compiled from the project file.
        """
        from .vectors import cohort_vectors

        return cohort_vectors(self.project, self.store, tag, self.now() if as_of is None else _instant(as_of))

    def dataset(self, tag: str, progress: Progress | None = None) -> pa.Table:
        """What a predictive tag learns from: user_id, cutoff, label, and a float32 column per feature.

        Raises:
            EvidenceError: no outcome is known yet, or all are the same.
        """
        from .vectors import dataset_of, dataset_table

        return dataset_table(dataset_of(self.project, self.store, tag, progress or Silent()))

    def tags(self) -> pa.Table:
        """The current tags: one row per user, sorted by user_id.

        Raises:
            RefusedError: nothing was scored yet.
        """
        from ..tags.published import read_current

        return read_current(self.store)

    def table(self, name: str) -> DeltaTable:
        """A table of the store at its published version, such as `tags`; pandas, DuckDB, polars and Spark read it.

        Raises:
            UsageError: the store has published no such table.
        """
        return self._having(name).table(name)

    def files(self, name: str) -> list[str]:
        """Absolute paths of the Parquet files of a table of the store, as published.

        Raises:
            UsageError: the store has published no such table.
            DamagedError: a file is missing or cut.
        """
        return [str(Path(path).absolute()) for path in self._having(name).files(name)]

    def catalogue(self, tags: Sequence[str] | None = None) -> list[Entry]:
        """Tags of the project, all unless named: what they mean, whom they cover, how good and how fresh they are.

        Raises:
            UsageError: a name is not a tag.
        """
        from ..tags.catalogue import catalogue
        from .questions import tags_of

        return catalogue(self.project, self.store, self.wall, tags_of(self.project, tags))

    def health(self, tags: Sequence[str] | None = None) -> list[Health]:
        """How tags are, all unless named: coverage, freshness, stability, use and contribution, 0 to 100.

        Raises:
            UsageError: a name is not a tag.
        """
        from .health import health
        from .questions import tags_of

        return health(self.project, self.store, self.wall, tags_of(self.project, tags))

    def portrait(self, user_id: str) -> Portrait:
        """Everything written on one user, with reasons.

        Raises:
            UsageError: the log knows no such user.
        """
        from ..tags.portrait import portrait

        return portrait(self.project, self.store, user_id, self.wall)

    def now(self) -> int:
        """The present second by the project's clock."""
        if self.project.spec.clock == "wall":
            return self.wall.now()
        from ..events.log import EventLog

        return EventLog.open(self.store).now()

    def _having(self, table: str) -> Store:
        store = self.store
        if table not in store.tables:
            known = ", ".join(store.tables) or "none yet"
            raise UsageError(f"{store.root}: no table {table} is published; there is: {known}")
        return store


def _instant(text: str) -> int:
    try:
        return instant(text)
    except ValueError as error:
        raise UsageError(f"--as-of: {error}") from error
