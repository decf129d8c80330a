"""What monitors are told after each run, also of a run that was refused: a file for Prometheus in the store."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from ..engines.files import replace_file
from ..engines.lock import locked
from ..engines.store import Store
from ..errors import LimnerError, LockedError
from ..events.log import EventLog
from ..exits import BROKEN, exit_code_of
from ..project import Project
from ..tags.published import newest
from ..timeline import Clock
from .present import now_of
from .prometheus import Gauge, Sample, read_samples, render

__all__ = ["GAUGES", "metrics_path", "monitored"]

_ENDED, _EXIT_CODE, _DURATION, _SUCCESS = _OF_RUNS = (
    Gauge("limner_run_end_timestamp_seconds", "When the newest run of the command ended."),
    Gauge("limner_run_exit_code", "How the newest run of the command ended: 0 done, 1 refused, 4 another was at work."),
    Gauge("limner_run_duration_seconds", "How long the newest run of the command took."),
    Gauge("limner_run_success_timestamp_seconds", "When a run of the command last ended with exit code 0."),
)
_USERS, _EVENTS, _WATERMARK, _WATERMARK_AGE, _QUARANTINED = _OF_LOG = (
    Gauge("limner_users", "Users in the event log."),
    Gauge("limner_events", "Events in the event log."),
    Gauge("limner_source_watermark_timestamp_seconds", "Until when the source has delivered."),
    Gauge("limner_source_watermark_age_seconds", "The watermark's age by the project's clock when the run ended."),
    Gauge("limner_source_quarantined_rows", "Rows that the newest ingestion put into quarantine."),
)
_ROWS, _AS_OF, _AGE = _OF_TAGS = (
    Gauge("limner_tag_rows", "Users on whom the tag is written, as of its newest instant."),
    Gauge("limner_tag_as_of_timestamp_seconds", "The newest instant as of which the tag is written."),
    Gauge("limner_tag_age_seconds", "The age of that instant by the project's clock when the run ended."),
)
GAUGES = (*_OF_RUNS, *_OF_LOG, *_OF_TAGS)
"""All that is told, in the order of the file."""

_PATIENCE, _PAUSE_SECONDS = 50, 0.1


class _Ended(Protocol):
    @property
    def exit_code(self) -> int: ...


R = TypeVar("R", bound=_Ended)


def metrics_path(store_root: Path) -> Path:
    """Where the file lies, in a folder that Prometheus' textfile collector can be pointed at."""
    return store_root / "metrics" / "limner.prom"


def monitored(command: str, project: Project, wall: Clock, work: Callable[[], R]) -> R:
    """What the work gives back, or raises; either way the store's file for monitors then tells of it."""
    began = time.monotonic()
    exit_code = BROKEN
    try:
        result = work()
        exit_code = result.exit_code
    except BaseException as error:
        exit_code = exit_code_of(error)
        raise
    finally:
        _Run(command, project, wall, exit_code, time.monotonic() - began).tell()
    return result


@dataclass(frozen=True)
class _Run:
    """A run that ended just now."""

    command: str
    project: Project
    wall: Clock
    exit_code: int
    seconds: float

    def tell(self) -> None:
        """Write the file anew; what hinders that is logged, for it must not fail the run."""
        path = metrics_path(self.project.store_path)
        try:
            self._write(path)
        except Exception as error:  # noqa: BLE001 - what is watched must not suffer from its watchers
            logging.getLogger("limner").warning("%s: cannot be written, so monitors see an older run: %s", path, error)

    def _write(self, path: Path) -> None:
        """Replace the file, keeping what it told of other commands, while nobody else does."""
        for _ in range(_PATIENCE):
            try:
                with locked(path.with_name(".lock")):
                    told = [*_kept(path), *self._of_run(), *self._of_store()]
                    replace_file(path, render(GAUGES, map(self._labelled, told)).encode())
                    return
            except LockedError:
                time.sleep(_PAUSE_SECONDS)
        raise TimeoutError("another run has been writing it for long")

    def _labelled(self, sample: Sample) -> Sample:
        """The sample told from those of other projects on the same machine."""
        return Sample(sample.gauge, {"project": self.project.spec.project, **sample.labels}, sample.value)

    def _of_run(self) -> Iterator[Sample]:
        labels, now = {"command": self.command}, self.wall.now()
        yield Sample(_ENDED.name, labels, now)
        yield Sample(_EXIT_CODE.name, labels, self.exit_code)
        yield Sample(_DURATION.name, labels, round(self.seconds, 3))
        if self.exit_code == 0:
            yield Sample(_SUCCESS.name, labels, now)

    def _of_store(self) -> list[Sample]:
        """What is published; nothing of a store that has no log, or is damaged."""
        store = Store(self.project.store_path)
        try:
            log = EventLog.open(store)
            now = now_of(self.project.spec, log, self.wall)
            return [*_of_log(log, now), *_quarantined(store.root), *self._of_tags(store, now)]
        except (LimnerError, LookupError, OSError, ValueError):
            return []

    def _of_tags(self, store: Store, now: int) -> Iterator[Sample]:
        for tag in self.project.spec.tags:
            if (entry := newest(store, tag)) is not None:
                labels = {"tag": tag}
                yield Sample(_ROWS.name, labels, entry.rows)
                yield Sample(_AS_OF.name, labels, entry.as_of)
                yield Sample(_AGE.name, labels, now - entry.as_of)


def _kept(path: Path) -> Iterator[Sample]:
    """What the file told of runs; the new run's samples come after these and replace them."""
    names = {gauge.name for gauge in _OF_RUNS}
    for sample in read_samples(path.read_text(errors="replace") if path.exists() else ""):
        if sample.gauge in names and (command := sample.labels.get("command")):
            yield Sample(sample.gauge, {"command": command}, sample.value)


def _of_log(log: EventLog, now: int) -> Iterator[Sample]:
    yield Sample(_USERS.name, {}, log.users)
    yield Sample(_EVENTS.name, {}, log.rows)
    for source, watermark in sorted(log.watermarks.items()):
        yield Sample(_WATERMARK.name, {"source": source}, watermark)
        yield Sample(_WATERMARK_AGE.name, {"source": source}, now - watermark)


def _quarantined(store_root: Path) -> Iterator[Sample]:
    """The bad rows of the newest ingestion, by its manifest; names of manifests sort by time."""
    manifests = sorted(store_root.glob("runs/*-ingest-*.json"))
    for source in json.loads(manifests[-1].read_text())["sources"] if manifests else ():
        yield Sample(_QUARANTINED.name, {"source": source["name"]}, sum(source["quarantined"].values()))
