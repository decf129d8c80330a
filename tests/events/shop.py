"""A small shop: files written where a test wants them, read or brought into its log, and told as plain rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limner.engines.duck import literal, read_parquet, reading
from limner.engines.store import Store
from limner.events.contract import canonical_query, columns_of
from limner.events.files import find_files
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog
from limner.events.raw import open_raw
from limner.events.result import IngestResult
from limner.events.spec import AttributesSpec, IngestSpec, SourceSpec
from limner.events.times import register_zone
from limner.progress import Silent
from limner.timeline import DAY, FixedClock, instant, shown

NOW = instant("2020-01-01")
PLAIN: dict[str, Any] = {"event_type": "buy", "user_id": "who", "event_time": "at"}
AMOUNT = {"amount": {"column": "amount", "type": "number"}}

Row = dict[str, Any]


class Shop:
    """A project in a folder: `write` delivers a file, `read` tells its rows, `ingest` brings them into the log."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.root, self.settings = root, {"max_quarantined": "100%", **settings}
        self.root.mkdir(exist_ok=True)
        self.store = Store(root / "store")

    def write(self, name: str, content: str | bytes | Mapping[str, Any] | Sequence[Row]) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Mapping):
            pq.write_table(pa.table(dict(content)), path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, newline="")
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in content))
        return path

    def read(self, read: str = "events.*", **spec: Any) -> list[Row]:
        """What the rows of the files become, and under `:reason` why not; lines that are no rows come last.

        It takes a tenth of the time of an ingestion, which reads by the same query.
        """
        source, where = SourceSpec.model_validate({"read": read, **PLAIN, **spec}), "sources.shop"
        latest, found = f"TIMESTAMP {literal(shown(NOW + DAY).removesuffix('Z'))}", []
        for file in find_files(where, read, self.root):
            with reading() as con:
                register_zone(con, source.timezone)
                raw = open_raw(con, where, file, columns_of(source))
                query = canonical_query("shop", 0, source, raw.columns, latest)
                found += con.sql(f'SELECT * FROM ({query}) ORDER BY ":row"').to_arrow_table().to_pylist()
                lines = con.sql(raw.rejected).fetchall() if raw.rejected else []
                found += [{":row": row, ":reason": reason} for row, reason, _ in lines]
        return found

    def ingest(self, read: str = "events.*", attributes: Mapping[str, Any] | None = None, **spec: Any) -> IngestResult:
        source = SourceSpec.model_validate({"read": read, **PLAIN, **spec})
        return self.ingest_all({"shop": source}, attributes or {})

    def ingest_all(self, events: Mapping[str, SourceSpec], attributes: Mapping[str, Any]) -> IngestResult:
        tables = {name: AttributesSpec.model_validate(one) for name, one in attributes.items()}
        sources = Sources(events, tables, IngestSpec.model_validate(self.settings), self.root)
        with self.store.lock():
            self.store.recover()
            return ingest(self.store, sources, FixedClock(NOW), "run", Silent())

    @property
    def log(self) -> EventLog:
        return EventLog.open(self.store)

    def events(self, *columns: str) -> list[Any]:
        """The log's rows by user, time, source rank and id; of one column plain values, of several tuples."""
        wanted = ", ".join(f'"{column}"' for column in columns)
        files, order = self.store.files("events"), "user_id, event_time, source_rank, event_id"
        query = f"SELECT {wanted} FROM {read_parquet(files)} ORDER BY {order}"
        rows = reading().sql(query).fetchall() if files else []
        return [row[0] for row in rows] if len(columns) == 1 else rows

    def quarantine(self, *columns: str) -> list[Any]:
        files = self.store.files("quarantine")
        wanted = ", ".join(columns)
        query = f"SELECT {wanted} FROM {read_parquet(files)} ORDER BY file, row"
        rows = reading().sql(query).fetchall() if files else []
        return [row[0] for row in rows] if len(columns) == 1 else rows

    @property
    def published(self) -> bytes:
        path = self.store.root / "published"
        return path.read_bytes() if path.exists() else b""


def bucket_of(user: str, buckets: int) -> int:
    return int.from_bytes(md5(user.encode(), usedforsecurity=False).digest(), "little") % buckets


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def csv_of(rows: Sequence[str], header: str = "who,at,amount") -> str:
    return "\n".join([header, *rows]) + "\n"
