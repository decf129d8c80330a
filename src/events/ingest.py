"""New files of all sources, brought into the event log whole or not at all."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from ..engines.duck import connect, literal, read_parquet
from ..engines.store import NewFile, Store
from ..progress import Progress, tracked
from ..timeline import DAY, Clock, shown
from .attributes import commit_attributes, contents, stage_attributes
from .columns import Columns, sweep
from .contract import canonical_query, columns_of
from .facts import facts_before, facts_of
from .files import SourceFile, find_files
from .ledger import Ledger
from .log import EVENT_COLUMNS, EventLog, LogFacts
from .merge import CONFLICT, Merged, merge_bucket, touched_buckets
from .quarantine import commit_quarantine
from .raw import open_raw
from .result import IngestResult, SourceResult
from .spec import AttributesSpec, IngestSpec, SourceSpec
from .staging import Staged, check_share, stage_file
from .times import register_zone

__all__ = ["Sources", "ingest"]


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


def ingest(store: Store, sources: Sources, clock: Clock, run_id: str, progress: Progress) -> IngestResult:
    """What was read, added, dropped and quarantined. The caller holds the store's lock and has recovered it.

    Raises:
        SourceError: a file is missing, unreadable or lacks a column.
        QuarantineError: more rows of a source are bad than allowed; nothing was changed.
        RefusedError: a property's type changed since it was first ingested.
    """
    with _staging(store) as folder:
        return _Ingestion(store, sources, clock, run_id, folder, connect()).run(progress)


class _Ingestion:
    def __init__(
        self, store: Store, sources: Sources, clock: Clock, run_id: str, folder: Path, con: duckdb.DuckDBPyConnection
    ) -> None:
        self.store, self.sources, self.run_id, self.folder, self.con = store, sources, run_id, folder, con
        self.now = clock.now()
        self.latest = f"TIMESTAMP {literal(shown(self.now + DAY).removesuffix('Z'))}"
        self.before = facts_before(store, sources.events, sources.settings.buckets)
        self.ledger = Ledger(store)
        self.tables: dict[str, list[SourceFile]] = {}
        con.execute(f"SET temp_directory = {literal(str(folder))}")
        self.notes: list[str] = []

    def run(self, progress: Progress) -> IngestResult:
        deliveries = {name: self._delivery(name, spec) for name, spec in self.sources.events.items()}
        staged = self._stage(deliveries, progress)
        changed = self._changed_attributes()
        merged = self._merge(staged, progress)
        bad = self._checked(staged, merged, changed)
        for name, delivery in deliveries.items():
            self.ledger.enter(name, delivery.unread, delivery.mapping)
        facts = facts_of(self.con, self.before, [one.path for one in merged], self._log())
        self._publish(facts, merged, changed, bad)
        self._lay_out(merged, progress)
        results = [self._result(name, deliveries[name], staged[name], merged, facts) for name in deliveries]
        tables = [_attribute_result(name, changed.get(name)) for name in self.sources.attributes]
        return IngestResult((*results, *tables), facts.rows, facts.users, tuple(self.notes))

    def _delivery(self, name: str, spec: SourceSpec) -> _Delivery:
        files = find_files(f"sources.{name}", spec.read, self.sources.root)
        mapping = spec.model_dump_json(exclude={"read"})
        if self.ledger.was_mapped_otherwise(name, files, mapping):
            self.notes.append(
                f"{name}: its mapping changed after files were ingested; they are not read again. "
                "Remove the store and ingest anew to apply it to them."
            )
        return _Delivery(files, self.ledger.unread(name, files), mapping)

    def _stage(self, deliveries: Mapping[str, _Delivery], progress: Progress) -> dict[str, Staged]:
        work = [(name, file) for name, delivery in deliveries.items() for file in delivery.unread]
        staged = {name: Staged(name) for name in deliveries}
        for name, file in tracked(work, "Read new files", len(work), progress):
            spec = self.sources.events[name]
            register_zone(self.con, spec.timezone)
            raw = open_raw(self.con, f"sources.{name}", file, columns_of(spec))
            query = canonical_query(name, self.before.ranks[name], spec, raw.columns, self.latest)
            stage_file(self.con, staged[name], file, query, raw, self.folder)
        return staged

    def _merge(self, staged: Mapping[str, Staged], progress: Progress) -> list[Merged]:
        good = [path for one in staged.values() for path in one.good]
        if not good:
            return []
        touched = touched_buckets(self.con, good, self.before.buckets)
        log = self._log()
        merging = (merge_bucket(self.con, log, bucket, good, self.folder) for bucket in touched)
        return list(tracked(merging, "Merge into the log", len(touched), progress))

    def _log(self) -> EventLog:
        return EventLog(self.store, self.store.version("events") or 0, self.before)

    def _changed_attributes(self) -> dict[str, Staged]:
        changed = {}
        known = self.store.facts("attributes")
        for name, spec in self.sources.attributes.items():
            files = self.tables[name] = find_files(f"attributes.{name}", spec.read, self.sources.root)
            if known.get(name) != contents(spec, files):
                changed[name] = stage_attributes(self.con, name, spec, files, self.latest, self.folder)
        return changed

    def _checked(
        self, staged: Mapping[str, Staged], merged: Sequence[Merged], changed: Mapping[str, Staged]
    ) -> list[Path]:
        """The files of bad rows, once every source is known to have few enough of them."""
        conflicts = [one.conflicts for one in merged]
        found: Counter[str] = Counter()
        if conflicts:
            query = f"SELECT source, count(*) FROM {read_parquet(conflicts)} GROUP BY source"
            found.update(dict(self.con.sql(query).fetchall()))
        for one in (*staged.values(), *changed.values()):
            seen = Counter({CONFLICT: found[one.name]} if one.name in found else {})
            check_share(one, seen, self.sources.settings.max_quarantined)
            one.reasons.update(seen)
        return [path for one in (*staged.values(), *changed.values()) for path in one.bad] + conflicts

    def _publish(
        self, facts: LogFacts, merged: Sequence[Merged], changed: Mapping[str, Staged], bad: Sequence[Path]
    ) -> None:
        versions: dict[str, int | None] = {
            "quarantine": commit_quarantine(self.con, self.store, bad, self.run_id, self.now)
        }
        if merged:
            versions["events"] = self._commit_events(facts, merged)
        known = self.store.facts("attributes")
        for name, one in changed.items():
            spec = self.sources.attributes[name]
            version = commit_attributes(self.con, self.store, name, spec, one, facts.buckets)
            versions[f"attributes_{name}"] = version
            known[name] = contents(spec, self.tables[name])
        versions["ledger"] = self.ledger.commit(self.run_id)
        published = {name: version for name, version in versions.items() if version is not None}
        if published:
            self.store.publish(published, {"log": facts.as_dict(), "attributes": known})

    def _lay_out(self, merged: Sequence[Merged], progress: Progress) -> None:
        """Make the arrays that the kernel reads, so that the first reader need not; the log is published by then."""
        if not merged:
            return
        log = EventLog.open(self.store)
        for one in tracked(merged, "Lay out for the kernel", len(merged), progress):
            Columns.of(log, one.bucket)
        sweep(log)

    def _commit_events(self, facts: LogFacts, merged: Sequence[Merged]) -> int:
        files = []
        for one in merged:
            partition = {"bucket": str(one.bucket)}
            path = self.store.stage("events", partition)
            one.path.replace(path)
            files.append(NewFile(path, partition, one.rows))
        columns = {
            **EVENT_COLUMNS,
            **{name: kept.arrow for name, kept in facts.properties.items()},
            "bucket": pa.int32(),
        }
        touched = {str(one.bucket) for one in merged}
        schema = pa.schema(list(columns.items()))
        return self.store.commit("events", schema, ["bucket"], files, lambda partition: partition["bucket"] in touched)

    def _result(
        self, name: str, delivery: _Delivery, staged: Staged, merged: Sequence[Merged], facts: LogFacts
    ) -> SourceResult:
        added = sum(one.added.get(name, 0) for one in merged)
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


def _attribute_result(name: str, staged: Staged | None) -> SourceResult:
    if staged is None:
        return SourceResult(f"attributes.{name}", files_skipped=1)
    rows = staged.rows_good + staged.rows_bad
    return SourceResult(
        staged.name, len(staged.good), rows_read=rows, rows_added=staged.rows_good, quarantined=dict(staged.reasons)
    )


@contextmanager
def _staging(store: Store) -> Iterator[Path]:
    """A folder beside the tables for the duration of a run; what a killed run left there is removed."""
    folder = store.root / ".staging"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
