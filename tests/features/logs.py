"""A small log, ingested for real from one Parquet file of plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limner.engines.store import Store
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog
from limner.events.spec import AttributesSpec, IngestSpec, SourceSpec
from limner.progress import Silent
from limner.timeline import DAY, FixedClock

Row = Mapping[str, Any]

SHOP = SourceSpec.model_validate(
    {
        "read": "events.parquet",
        "event_type": {"column": "what"},
        "user_id": "who",
        "event_time": "day",
        "available_time": "known_day",
        "properties": {
            "amount": {"column": "amount", "type": "number"},
            "kind": {"column": "kind", "type": "category"},
            "is_gift": {"column": "gift", "type": "flag"},
        },
    }
)
SCHEMA = pa.schema(
    [
        ("who", pa.string()), ("what", pa.string()), ("day", pa.timestamp("us")), ("known_day", pa.timestamp("us")),
        ("amount", pa.float64()), ("kind", pa.string()), ("gift", pa.bool_()),
    ]
)  # fmt: skip


def happened(day: float, who: str = "u", what: str = "buy", known: float | None = None, **more: Any) -> Row:
    moment = {"day": _moment(day), "known_day": None if known is None else _moment(known)}
    return {"who": who, "what": what, **moment, "amount": None, "kind": None, "gift": None, **more}


def log_of(
    folder: Path, rows: Sequence[Row], facts: Mapping[str, tuple[AttributesSpec, pa.Table]] | None = None
) -> EventLog:
    """The log of the rows; attribute tables are written to the file that their spec reads."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), folder / "events.parquet")
    for spec, table in (facts or {}).values():
        pq.write_table(table, folder / spec.read)
    tables = {name: spec for name, (spec, _) in (facts or {}).items()}
    sources = Sources({"shop": SHOP}, tables, IngestSpec(buckets=2), folder)
    store = Store(folder / "store")
    ingest(store, sources, FixedClock(_moment(300) // 1_000_000), "run", Silent())
    return EventLog.open(store)


def _moment(day: float) -> int:
    """Microseconds; day 0 is in 1990, since no event may lie before 1980."""
    return int((7_300 + day) * DAY * 1_000_000)


def second(day: float) -> int:
    """The second of a day of these logs."""
    return _moment(day) // 1_000_000
