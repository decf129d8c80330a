"""New files of all sources, brought into the event log whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import duckdb

from ..engines.delta import NewFile
from ..engines.duck import literal, read_parquet, working
from ..engines.engine import Engine
from ..engines.files import canonical_json
from ..engines.local import LocalEngine
from ..engines.seals import sealed_like
from ..engines.store import Store
from ..progress import Progress, tracked
from ..timeline import DAY, Clock, shown
from .appending import CONFLICT, Appended, Appending, lay_out
from .attributes import commit_attributes, contents, stage_attributes
from .columns import sweep
from .compaction import compact
from .digests import DIGESTS, Digests
from .facts import facts_after, facts_before
from .files import SourceFile, find_files
from .ledger import Ledger
from .log import EventLog, LogFacts, schema_of
from .quarantine import commit_quarantine
from .reading import Reading
from .result import IngestResult, SourceResult
from .spec import AttributesSpec, IngestSpec, SourceSpec
from .staging import PART, Staged, Staging, Unread, check_share
from .workplace import Workplace, workplace

__all__ = ["Sources", "ingest"]

_FORM = 2
"""Counts the forms in which files are staged and appended; what was begun in another is not gone on with."""


@dataclass(frozen=True)
class Sources:
    """What is ingested, as the project file declares it, relative to `root`."""

    events: Mapping[str, SourceSpec]
    attributes: Mapping[str, AttributesSpec]
    settings: IngestSpec
    root: Path


@dataclass(frozen=True)
class _Delivery:
    """The files of one source, and those of them that are new."""

    files: list[SourceFile]
    unread: list[SourceFile]
    mapping: str
    is_remapped: bool


def ingest(
    store: Store, sources: Sources, clock: Clock, run_id: str, progress: Progress, engine: Engine | None = None
) -> IngestResult:
    """What was read, added, dropped and quarantined. The caller holds the store's lock and has recovered it.

    Only the new events are written, in files of their own. What a killed ingestion of the same files had read and
    sorted is found again.

    Args:
        engine: what reads the files and sorts the buckets; this process when None.

    Raises:
        SourceError: a file is missing, unreadable or lacks a column.
        QuarantineError: more rows of a source are bad than allowed; nothing was changed.
        RefusedError: a property's type changed since it was first ingested.
    """
    before = facts_before(store, sources.events, sources.settings.buckets)
    ledger, digests = Ledger(store), Digests(store.root / DIGESTS, clock)
    deliveries = {name: _delivery(ledger, name, spec, sources.root, digests) for name, spec in sources.events.items()}
    tables = {
        name: find_files(f"attributes.{name}", one.read, sources.root, digests)
        for name, one in sources.attributes.items()
    }
    digests.keep()
    key = _key(store, before, deliveries)
    memory, staging = sources.settings.memory, store.root / ".staging"
    with workplace(staging, key, clock.now()) as place, working(memory, place.folder) as con:
        if place.is_resumed:
            progress.say("Going on with an ingestion that was cut short; what it had done is not done again")
        run = _Ingestion(store, sources, before, deliveries, tables, place, engine or LocalEngine(), con)
        return run.result(ledger, run_id, progress)


@dataclass(frozen=True)
class _Ingestion:
    store: Store
    sources: Sources
    before: LogFacts
    deliveries: Mapping[str, _Delivery]
    tables: Mapping[str, list[SourceFile]]
    place: Workplace
    engine: Engine
    con: duckdb.DuckDBPyConnection

    def result(self, ledger: Ledger, run_id: str, progress: Progress) -> IngestResult:
        staged = self._read(progress)
        changed = self._stage_tables()
        appended = self._append(staged, progress)
        bad = self._checked(staged, appended, changed)
        facts = facts_after(self.before, appended)
        for name, delivery in self.deliveries.items():
            ledger.enter(name, delivery.unread, delivery.mapping)
        files = self._new_files(appended)
        versions = {
            "quarantine": commit_quarantine(self.con, self.store, bad, run_id, self.place.began),
            "events": self._commit_events(facts, files),
            **self._commit_tables(changed),
            "ledger": ledger.commit(run_id),
        }
        known = {name: contents(self.sources.attributes[name], self.tables[name]) for name in changed}
        published = {name: version for name, version in versions.items() if version is not None}
        if published:
            attributes = {**self.store.facts("attributes"), **known}
            self.store.publish(published, {"log": facts.as_dict(), "attributes": attributes})
        self._lay_out(appended, files, progress)
        results = [self._source_result(name, staged[name], appended, facts) for name in self.deliveries]
        told = [_table_result(name, len(files), changed.get(name)) for name, files in self.tables.items()]
        return IngestResult((*results, *told), facts.rows, facts.users, tuple(self._notes))

    @property
    def _notes(self) -> list[str]:
        return [
            f"{name}: its mapping changed after files were ingested; they are not read again. "
            "Remove the store and ingest anew to apply it to them."
            for name, delivery in self.deliveries.items()
            if delivery.is_remapped
        ]

    @cached_property
    def _log(self) -> EventLog:
        """The log as it was, which knows already what the sources add to its properties."""
        return EventLog(self.store, self.store.version("events") or 0, self.before)

    @property
    def _latest(self) -> str:
        return f"TIMESTAMP {literal(shown(self.place.began + DAY).removesuffix('Z'))}"

    def _read(self, progress: Progress) -> dict[str, Staged]:
        unread = tuple(
            Unread(f"sources.{name}", number, file)
            for name, delivery in self.deliveries.items()
            for number, file in enumerate(delivery.unread)
        )
        staging = Staging.of(self.place.folder, self.before.buckets, (one.file for one in unread))
        memory = self.sources.settings.memory
        reading = Reading(unread, self.sources.events, self.before.ranks, self._latest, self.place, staging, memory)
        read = tracked(self.engine.each_bucket(len(unread), reading.file), "Read new files", len(unread), progress)
        files = list(zip(unread, read, strict=True))
        return {
            name: Staged.of(name, [file for one, file in files if one.where == f"sources.{name}"])
            for name in self.deliveries
        }

    def _append(self, staged: Mapping[str, Staged], progress: Progress) -> list[Appended]:
        """What is new, part by part; only of buckets for which there is something to tell."""
        files = tuple(file for one in staged.values() for file in one.files)
        appending = Appending(self._log, files, self.place, self.sources.settings.memory)
        parts = len(appending.parts)
        return list(tracked(self.engine.each_bucket(parts, appending.part), "Sort into the log", parts, progress))

    def _stage_tables(self) -> dict[str, Staged]:
        """The attribute tables whose files changed."""
        known, staging = self.store.facts("attributes"), Staging(self.place.folder, self.before.buckets)
        return {
            name: stage_attributes(self.con, name, self.sources.attributes[name], files, self._latest, staging)
            for name, files in self.tables.items()
            if known.get(name) != contents(self.sources.attributes[name], files)
        }

    def _checked(
        self, staged: Mapping[str, Staged], appended: Sequence[Appended], changed: Mapping[str, Staged]
    ) -> list[Path]:
        """The files of bad rows, once every source is known to have few enough of them."""
        conflicts = [one.conflicts for one in appended if one.conflicts is not None]
        found: Counter[str] = Counter()
        if conflicts:
            query = f"SELECT source, count(*) FROM {read_parquet(conflicts)} GROUP BY source"
            found.update(dict(self.con.sql(query).fetchall()))
        for one in (*staged.values(), *changed.values()):
            seen = Counter({CONFLICT: found[one.name]} if one.name in found else {})
            check_share(one, seen, self.sources.settings.max_quarantined)
            one.reasons.update(seen)
        return [path for one in (*staged.values(), *changed.values()) for path in one.bad] + conflicts

    def _new_files(self, appended: Sequence[Appended]) -> list[NewFile]:
        files = []
        for one in (file for part in appended for file in part.files):
            partition = {"bucket": str(one.bucket)}
            path = sealed_like(self.store.stage("events", partition), one.path)
            _placed(one.path, path)
            files.append(NewFile(path, partition, one.rows))
        return files

    def _commit_events(self, facts: LogFacts, files: Sequence[NewFile]) -> int | None:
        if not files:
            return None
        return self.store.commit("events", schema_of(facts), ["bucket"], files, lambda _: False)

    def _commit_tables(self, changed: Mapping[str, Staged]) -> dict[str, int]:
        return {
            f"attributes_{name}": commit_attributes(
                self.con, self.store, name, self.sources.attributes[name], one, self.before.buckets
            )
            for name, one in changed.items()
        }

    def _lay_out(self, appended: Sequence[Appended], files: Sequence[NewFile], progress: Progress) -> None:
        """Make the arrays that the kernel reads, so that the first reader need not; the log is published by then."""
        if not files:
            return
        root, keys = self.store.root, [file.keys for part in appended for file in part.files]
        laid = self.engine.each_bucket(len(files), lambda number: lay_out(root, files[number].path, keys[number]))
        for _ in tracked(laid, "Lay out for the kernel", len(files), progress):
            pass
        buckets = [int(file.partition["bucket"]) for file in files]
        compact(self.store, buckets, self.place.folder, self.sources.settings.memory)
        sweep(EventLog.open(self.store))

    def _source_result(self, name: str, staged: Staged, appended: Sequence[Appended], facts: LogFacts) -> SourceResult:
        delivery = self.deliveries[name]
        added = sum(one.sources[name].rows for one in appended if name in one.sources)
        conflicts = staged.reasons[CONFLICT]
        return SourceResult(
            name=name,
            files_read=len(delivery.unread),
            files_skipped=len(delivery.files) - len(delivery.unread),
            rows_read=staged.rows_good + staged.rows_bad - conflicts,
            rows_added=added,
            duplicates=staged.rows_good - added - conflicts,
            quarantined=dict(staged.reasons),
            ambiguous_times=staged.oddities["ambiguous"],
            nonexistent_times=staged.oddities["nonexistent"],
            watermark=facts.watermarks.get(name),
        )


def _delivery(ledger: Ledger, name: str, spec: SourceSpec, root: Path, digests: Digests) -> _Delivery:
    files = find_files(f"sources.{name}", spec.read, root, digests)
    mapping = spec.model_dump_json(exclude={"read"})
    return _Delivery(files, ledger.unread(name, files), mapping, ledger.was_mapped_otherwise(name, files, mapping))


def _key(store: Store, before: LogFacts, deliveries: Mapping[str, _Delivery]) -> str:
    """The sha256 of everything that decides what is read and added, and how it looks on the way."""
    read = {
        name: [one.mapping, [[file.shown, file.content] for file in one.unread]] for name, one in deliveries.items()
    }
    return sha256(canonical_json([_FORM, PART, store.version("events"), before.as_dict(), read]).encode()).hexdigest()


def _table_result(name: str, files: int, staged: Staged | None) -> SourceResult:
    if staged is None:
        return SourceResult(f"attributes.{name}", files_skipped=1)
    rows = staged.rows_good + staged.rows_bad
    return SourceResult(
        staged.name, files, rows_read=rows, rows_added=staged.rows_good, quarantined=dict(staged.reasons)
    )


def _placed(path: Path, target: Path) -> None:
    """Put the file there too; it stays where it was for a run that goes on after this one was killed."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)
