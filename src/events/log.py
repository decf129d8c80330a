"""The event log as readers see it: every event once, in one form, in buckets of users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow as pa

from ..engines.duck import quoted, read_parquet
from ..engines.store import Store
from ..errors import RefusedError, SpecError

__all__ = ["EVENT_COLUMNS", "KNOWN", "ORDER", "EventLog", "LogFacts", "Property", "schema_of"]

EVENT_COLUMNS = {
    "user_id": pa.string(),
    "event_time": pa.timestamp("us"),
    "available_time": pa.timestamp("us"),
    "event_type": pa.string(),
    "event_id": pa.string(),
    "source": pa.string(),
    "source_rank": pa.int32(),
}
"""The log's own columns; each property has one more, and `bucket` is the partition."""

KNOWN = "greatest(event_time, coalesce(available_time, event_time))"
"""SQL of the instant at which an event was known: the later of its own time and its available time."""

ORDER = f"{KNOWN}, source_rank, event_id, user_id"
"""The total order of events in a file."""


@dataclass(frozen=True)
class Property:
    """A property as the log keeps it; numbers are whole, in units of 10**-decimals."""

    type: Literal["number", "category", "flag"]
    decimals: int

    @property
    def arrow(self) -> pa.DataType:
        """The type of its column."""
        return {"number": pa.int64(), "category": pa.string(), "flag": pa.bool_()}[self.type]


@dataclass(frozen=True)
class LogFacts:
    """What is known of the log without reading it; times are UTC seconds."""

    buckets: int
    starts_at: int
    watermarks: Mapping[str, int]
    event_types: Mapping[str, tuple[str, ...]]
    ranks: Mapping[str, int]
    properties: Mapping[str, Property]
    rows: int
    users: int

    def as_dict(self) -> dict[str, Any]:
        """The facts as JSON has them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        """The facts from what `as_dict` gave."""
        properties = {name: Property(**one) for name, one in written["properties"].items()}
        event_types = {source: tuple(types) for source, types in written["event_types"].items()}
        return cls(**{**written, "properties": properties, "event_types": event_types})


def schema_of(facts: LogFacts) -> pa.Schema:
    """The columns of the table: the log's own, a column for each property, and the partition."""
    properties = {name: kept.arrow for name, kept in facts.properties.items()}
    return pa.schema(list({**EVENT_COLUMNS, **properties, "bucket": pa.int32()}.items()))


@dataclass(frozen=True)
class EventLog:
    """The log at one published version; times are UTC seconds.

    `watermarks` says until when each source has delivered: the floored second of its newest event.
    """

    store: Store
    version: int
    facts: LogFacts

    @classmethod
    def open(cls, store: Store) -> Self:
        """The log as published.

        Raises:
            RefusedError: nothing was ingested yet.
        """
        version, facts = store.version("events"), store.facts("log")
        if version is None or not facts:
            raise RefusedError(f"{store.root.name}: there is no event log yet; run `limner ingest` first")
        return cls(store, version, LogFacts.from_dict(facts))

    @property
    def buckets(self) -> int:
        """Parts the log is divided into by user."""
        return self.facts.buckets

    @property
    def starts_at(self) -> int:
        """The second of the oldest event."""
        return self.facts.starts_at

    @property
    def watermarks(self) -> Mapping[str, int]:
        """Until when each source has delivered."""
        return self.facts.watermarks

    @property
    def properties(self) -> Mapping[str, Property]:
        """Typed columns of events, by name."""
        return self.facts.properties

    @property
    def event_types(self) -> Mapping[str, tuple[str, ...]]:
        """Event types that each source has delivered."""
        return self.facts.event_types

    @property
    def rows(self) -> int:
        """Events in the log."""
        return self.facts.rows

    @property
    def users(self) -> int:
        """Distinct users in the log."""
        return self.facts.users

    def sources_of(self, event_type: str) -> list[str]:
        """The sources that carry an event type.

        Raises:
            SpecError: no source has ever delivered it.
        """
        found = [source for source, types in self.event_types.items() if event_type in types]
        if not found:
            known = sorted({one for types in self.event_types.values() for one in types})
            raise SpecError(f"no event of type {event_type} was ever ingested; the log has: {', '.join(known)}")
        return found

    def watermark_of(self, event_type: str) -> int:
        """The lowest watermark of all sources that carry the event type."""
        return min(self.watermarks[source] for source in self.sources_of(event_type))

    def now(self) -> int:
        """Where the log ends: the first second after its newest event."""
        return max(self.watermarks.values()) + 1

    def files(self, bucket: int) -> list[Path]:
        """The files of a bucket."""
        return [Path(path) for path in self.store.files("events", bucket=str(bucket))]

    def events_sql(self, bucket: int | None = None) -> str:
        """A query of all events, or of one bucket's, with every property; columns that old files lack are null."""
        partition = {} if bucket is None else {"bucket": str(bucket)}
        return self.files_sql(self.store.files("events", **partition))

    def files_sql(self, paths: Sequence[str | Path]) -> str:
        """A query of the events of some files, in their order, with every property."""
        typed = {name: str(type_) for name, type_ in _sql_types(self.properties).items()}
        nothing = ", ".join(f"CAST(NULL AS {type_}) AS {quoted(name)}" for name, type_ in typed.items())
        if not paths:
            return f"SELECT {nothing} WHERE false"
        return f"SELECT {nothing} WHERE false UNION ALL BY NAME SELECT * FROM {read_parquet(paths)}"


def _sql_types(properties: Mapping[str, Property]) -> dict[str, str]:
    own = {"source_rank": "INTEGER", "event_time": "TIMESTAMP", "available_time": "TIMESTAMP"}
    kept = {"number": "BIGINT", "category": "VARCHAR", "flag": "BOOLEAN"}
    return {
        **{name: own.get(name, "VARCHAR") for name in EVENT_COLUMNS},
        **{name: kept[one.type] for name, one in properties.items()},
    }
