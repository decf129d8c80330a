"""A small place with a long log: enough to train on, and made poor in one way at a time."""

from collections.abc import Container, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from limner.engines.store import Store
from limner.features.snapshot import write_snapshot
from limner.pipeline.finding import Finding
from limner.pipeline.vectors import dataset_of
from limner.pipeline.workspace import Workspace
from limner.progress import Silent
from limner.timeline import DAY, FixedClock

START = 19_723 * DAY
"""The first of January 2024."""
WALL = FixedClock(START + 400 * DAY)
CONFIG = """
version: 1
project: village
store: store
clock: log
max_staleness: 3d
ingest: {buckets: 2}
sources:
  purchases:
    read: buys*.parquet
    event_type: buy
    user_id: who
    event_time: when
    timezone: UTC
    properties: {amount: {column: amount, type: number}, shelf: {column: shelf, type: category}}
  mailings: {read: mails.parquet, event_type: mail, user_id: who, event_time: when, timezone: UTC}
attributes:
  people: {read: people.parquet, user_id: who, valid_from: since, timezone: UTC, columns: {size: category}}
features:
  windows: [7d, 28d]
  signals: {buys: {event_type: buy}, spend: {event_type: buy, value: amount}}
  aggregates: {buys: [count, days_since_last], spend: [sum]}
  attributes: [size]
training: {folds: 2}
tags:
  lapse:
    kind: predictive
    cohort: {event_type: buy, within: 28d}
    target: {absent: buy, horizon: 14d}
    cutoffs: {every: 14d}
  redeem: {kind: predictive, cutoffs: {on: mail}, target: {event_type: buy, horizon: 7d}}
  class: {kind: rule, classes: {many: buys_count_28d >= 10}, otherwise: few}
  size: {kind: fact, attribute: size}
"""


def open_village(
    folder: Path, *, users: int = 40, days: int = 200, silent: Container[int] = (), mails_until: int = 10_000
) -> Workspace:
    """The place, ingested. On silent days nobody buys anything; the mailings may end before the purchases."""
    (folder / "configs").mkdir(parents=True)
    (folder / "configs" / "village.yaml").write_text(CONFIG)
    bought = [one for one in buys(users, days) if one[1] not in silent]
    write_buys(folder / "buys.parquet", bought)
    mailed = [(f"u{k}", day) for k in range(users) for day in range(k % 9, min(days, mails_until), 9)]
    pq.write_table(_events(mailed), folder / "mails.parquet")
    moved = [(f"u{k}", size, day) for k in range(4) for size, day in (("1", 0), ("2", days // 2))]
    who, sizes, since = (list(column) for column in zip(*moved, strict=True))
    pq.write_table(pa.table({"who": who, "size": sizes, "since": _times(since)}), folder / "people.parquet")
    workspace = Workspace.open(folder / "configs" / "village.yaml", WALL)
    workspace.ingest()
    return workspace


def buys(users: int, days: int) -> Iterator[tuple[str, int]]:
    """User k buys every third day, and pauses every fourth month."""
    for k in range(users):
        for day in range(days):
            if (day // 30 + k) % 4 and (day + k) % 3 == 0:
                yield f"u{k}", day


def write_buys(path: Path, bought: list[tuple[str, int]]) -> None:
    amounts = {"amount": [float(1 + day % 7) for _, day in bought], "shelf": ["dairy"] * len(bought)}
    table = _events(bought)
    for name, values in amounts.items():
        table = table.append_column(name, pa.array(values))
    pq.write_table(table, path)


def keep_training(workspace: Workspace, tag: str) -> Store:
    """What a training stores of the rows it learned from."""
    store = workspace.store
    dataset = dataset_of(workspace.project, store, tag, Silent())
    with store.lock():
        write_snapshot(store, dataset)
    return store


def about(findings: list[Finding], tag: str) -> dict[str, Finding]:
    return {one.subject: one for one in findings if one.tag == tag}


def _events(happened: list[tuple[str, int]]) -> pa.Table:
    who, days = zip(*happened, strict=True)
    return pa.table({"who": list(who), "when": _times(days)})


def _times(days: list[int] | tuple[int, ...]) -> pa.Array:
    return pa.array([START + day * DAY + 12 * 3600 for day in days], pa.int64()).cast(pa.timestamp("s"))
