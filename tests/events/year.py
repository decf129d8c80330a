"""A year of a shop, event by event, and a store that is fed with it file by file."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limner.engines.store import Store
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog
from limner.events.spec import IngestSpec, SourceSpec
from limner.features.spec import FeaturesSpec
from limner.progress import Silent
from limner.timeline import DAY, FixedClock, instant
from tests.features.logs import SCHEMA, SHOP

BEGIN, END, DELIVERIES, BUCKETS = instant("2021-01-01"), instant("2022-01-01"), 13, 2
SPEC = SourceSpec.model_validate({**SHOP.model_dump(), "read": "*.parquet", "event_id": ["id"]})
FEATURES = FeaturesSpec.model_validate(
    {
        "windows": ["7d", "90d"],
        "signals": {
            "buys": {"event_type": "buy"},
            "spend": {"event_type": "buy", "value": "amount"},
            "teas": {"event_type": "buy", "where": "kind = 'tea'"},
        },
        "aggregates": {
            "buys": ["count", "active_days", "days_since_last", "days_since_first", "gap_std", "streak", "sessions"],
            "spend": ["sum", "mean", "std", "max", "last", "last_2"],
            "teas": ["count"],
        },
        "by": {"kind": {"signal": "spend", "aggregate": "sum", "top": 3}},
    }
)

Row = dict[str, Any]


def happened(random: Random, number: int) -> Row:
    """An event, and with which delivery it comes: some come months late, many happen at one and the same instant."""
    second = BEGIN + random.randrange(365) * DAY + random.choice([0, 0, 3600, random.randrange(DAY)])
    return {
        "delivery": min((second - BEGIN) // (28 * DAY) + random.choice([0, 0, 0, 0, 1, 3]), DELIVERIES),
        "id": md5(str(number).encode(), usedforsecurity=False).hexdigest()[:8],
        "who": f"u{int(random.paretovariate(0.8)) % 40}",
        "what": random.choice(["buy", "buy", "visit"]),
        "day": second * 1_000_000 + random.choice([0, 0, 1]),
        "known_day": (second + DAY) * 1_000_000 if random.random() < 0.2 else None,
        "amount": random.choice([None, round(random.uniform(-5, 50), 2)]),
        "kind": random.choice([None, "tea", "茶", f"k{second // DAY % 9}"]),
        "gift": random.choice([None, True, False]),
    }


class Fed:
    """A store that is fed file by file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, Store(folder / "store")
        folder.mkdir()

    def deliver(self, name: str, rows: Sequence[Row]) -> EventLog:
        schema = pa.schema([*SCHEMA, ("id", pa.string())])
        pq.write_table(pa.Table.from_pylist(list(rows), schema), self.folder / f"{name}.parquet")
        sources = Sources({"shop": SPEC}, {}, IngestSpec(buckets=BUCKETS), self.folder)
        ingest(self.store, sources, FixedClock(END), f"run {name}", Silent())
        self.store = Store(self.folder / "store")
        return EventLog.open(self.store)
