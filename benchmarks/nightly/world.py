"""Years of events in files of a month each, then days; and the project that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from limner.timeline import DAY

START = 1_325_376_000
"""The second at which the log begins: 2012-01-01."""
TYPES, SHELVES = ("buy", "view", "cart", "visit"), tuple(f"shelf {number}" for number in range(20))
PER_FILE = 10_000_000

_CONFIG = """\
version: 1
project: nightly
store: store
clock: log
ingest: {{buckets: {buckets}}}
sources:
  shop:
    read: log/*.parquet
    event_type: {{column: what}}
    user_id: who
    event_time: at
    event_id: [id]
    properties: {{amount: {{column: amount, type: number}}, shelf: {{column: shelf, type: category}}}}
features:
  windows: [7d, 28d, 56d, 84d]
  signals:
    buys: {{event_type: buy}}
    spend: {{event_type: buy, value: amount}}
    views: {{event_type: view}}
    carts: {{event_type: cart}}
    visits: {{event_type: visit}}
  aggregates:
    buys: [count, active_days, days_since_last, days_since_first, gap_mean, gap_std, trend]
    spend: [sum, mean, max, std, last]
    views: [count, active_days, days_since_last, gap_mean, trend]
    carts: [count, days_since_last, trend]
    visits: [count, days_since_last, trend]
  by: {{shelf: {{signal: spend, aggregate: sum, top: 15, windows: [84d]}}}}
tags:
  lapse:
    kind: predictive
    cohort: {{event_type: view{within}}}
    target: {{absent: buy, horizon: 28d}}
    tiers: {{very_high: 5%, high: 15%, medium: 30%, low: 50%}}
"""


@dataclass(frozen=True)
class World:
    """A log of so many events and users over so many days; `folder` holds its files and its store.

    Whoever viewed anything is scored, or whoever did `within` some time, such as 56d.
    """

    folder: Path
    n_events: int
    n_users: int
    days: int
    buckets: int
    within: str | None = None

    @property
    def config(self) -> Path:
        """The project file."""
        return self.folder / "nightly.yaml"

    def write(self) -> None:
        """The project file and the history, in files that each cover a stretch of time."""
        self.folder.joinpath("log").mkdir(parents=True, exist_ok=True)
        self.config.write_text(
            _CONFIG.format(buckets=self.buckets, within=f", within: {self.within}" if self.within else "")
        )
        n_files = -(-self.n_events // PER_FILE)
        for number in range(n_files):
            span = np.array([number, number + 1]) * self.days * DAY // n_files
            self._write(f"history-{number:03}", self.n_events // n_files, START + span, seed=number)

    def write_day(self, day: int) -> None:
        """One more day of as many events as a day has had."""
        end = START + self.days * DAY
        span = np.array([day, day + 1]) * DAY + end
        self._write(f"then-{day:03}", self.n_events // self.days, span, seed=10_000 + day)

    def _write(self, name: str, n_events: int, span: np.ndarray, seed: int) -> None:
        schema = pa.schema([("who", pa.string()), ("at", pa.timestamp("us")), ("what", pa.string()),
                            ("id", pa.int64()), ("amount", pa.float64()), ("shelf", pa.string())])  # fmt: skip
        path = self.folder / "log" / f"{name}.parquet"
        with pq.ParquetWriter(path, schema, compression="zstd") as file:
            for batch in self._batches(n_events, span, np.random.default_rng(seed), seed * PER_FILE):
                file.write_batch(pa.record_batch(batch, schema=schema))

    def _batches(
        self, n_events: int, span: np.ndarray, random: np.random.Generator, first_id: int
    ) -> Iterator[dict[str, pa.Array]]:
        names = pa.array([f"u{number * 7_919 % 9_999_991:07}" for number in range(self.n_users)])
        for start in range(0, n_events, 1_000_000):
            n = min(1_000_000, n_events - start)
            users = (self.n_users * random.random(n) ** 2.5).astype(np.int64)
            yield {
                "who": names.take(pa.array(users)),
                "at": pa.array(random.integers(*span, n) * 1_000_000, pa.timestamp("us")),
                "what": pa.array(TYPES).take(pa.array(random.choice(4, n, p=[0.3, 0.5, 0.1, 0.1]))),
                "id": pa.array(np.arange(first_id + start, first_id + start + n)),
                "amount": pa.array(np.round(random.gamma(2, 10, n), 2)),
                "shelf": pa.array(SHELVES).take(pa.array(random.integers(0, 20, n))),
            }
