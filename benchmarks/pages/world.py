"""A store of many users as a run leaves it: a log, four tags on everybody, and what serves them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from limner.pipeline.workspace import Workspace
from limner.tags.rows import REASONS, Kind, Stamp, instants, tag_rows
from limner.tags.writing import Batch, publish, write
from limner.timeline import DAY, MICROS

START = 1_704_067_200
"""The second at which the log begins: 2024-01-01."""
AS_OF = START + 90 * DAY
KINDS: dict[str, Kind] = {"churn": "predictive", "buy": "predictive", "shopper": "rule", "region": "rule"}
_AT_ONCE = 250_000
_PER_BUCKET = 250_000
_TIERS = ((0.1, "high"), (0.3, "medium"), (1.0, "low"))
_CLASSES = {"shopper": ("champion", "loyal", "occasional", "sleeping"), "region": ("north", "east", "south", "west")}

CONFIG = """\
version: 1
project: many
store: store
clock: log
max_staleness: 36500d
ingest: {{buckets: {buckets}}}
sources:
  shop: {{read: log/*.parquet, event_type: buy, user_id: who, event_time: at}}
features:
  windows: [28d]
  signals: {{buys: {{event_type: buy}}}}
  aggregates: {{buys: [count]}}
tags:
  churn: {{kind: predictive, cohort: {{event_type: buy}}, target: {{absent: buy, horizon: 28d}}}}
  buy: {{kind: predictive, target: {{event_type: buy, horizon: 28d}}}}
  shopper:
    kind: rule
    classes: {{champion: buys_count_28d > 9, loyal: buys_count_28d > 3, occasional: buys_count_28d > 0}}
    otherwise: sleeping
  region:
    kind: rule
    classes: {{north: buys_count_28d > 3, east: buys_count_28d > 2, south: buys_count_28d > 1}}
    otherwise: west
audiences:
  save_now: {{where: "churn.tier = 'high' and shopper in ('champion', 'loyal')", holdout: 10%}}
web: {{requests_per_minute: 1000000}}
"""


def make(folder: Path, n_users: int) -> Workspace:
    """The workspace of a store in which so many users have every tag; one that was made before is taken as it is."""
    config = folder / "configs" / "many.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(CONFIG.format(buckets=max(1, n_users // _PER_BUCKET)))
    workspace = Workspace.open(config)
    if "current" not in workspace.store.tables:
        _write_log(folder / "log", n_users)
        workspace.ingest()
        store = workspace.store
        written = [
            write(store, Batch(tag, kind, AS_OF, "key", "run", _rows(tag, kind, n_users)))
            for tag, kind in KINDS.items()
        ]
        publish(store, written, KINDS)
    return workspace


def user(place: int) -> str:
    """The id of the user of a place; they are in the order of their places."""
    return f"u{place:09}"


def _write_log(folder: Path, n_users: int) -> None:
    folder.mkdir(exist_ok=True)
    for number, start in enumerate(range(0, n_users, 4 * _AT_ONCE)):
        places = np.repeat(np.arange(start, min(start + 4 * _AT_ONCE, n_users)), 3)
        seconds = START + np.random.default_rng(number).integers(0, 90 * DAY, len(places))
        times = pa.array(seconds * MICROS).cast(pa.timestamp("us"))
        pq.write_table(pa.table({"who": _users(places), "at": times}), folder / f"{number:03}.parquet")


def _rows(tag: str, kind: Kind, n_users: int) -> Iterator[pa.Table]:
    stamp = Stamp(tag, kind, AS_OF, AS_OF, "run", "d" * 64, "1" if kind == "predictive" else None)
    for start in range(0, n_users, _AT_ONCE):
        places = np.arange(start, min(start + _AT_ONCE, n_users))
        random = np.random.default_rng([start, len(tag)])
        known = {"user_id": _users(places), "valid_until": instants(np.full(len(places), AS_OF + 3650 * DAY))}
        yield tag_rows(
            stamp,
            pa.table(
                {
                    **known,
                    **(_chances(random, len(places)) if kind == "predictive" else _class(random, tag, len(places))),
                }
            ),
        )


def _users(places: np.ndarray) -> pa.Array:
    return pa.array([user(place) for place in places.tolist()], pa.string())


def _chances(random: np.random.Generator, n: int) -> dict[str, pa.Array]:
    rank = random.random(n)
    place = np.searchsorted([share for share, _ in _TIERS], rank)
    reason = {
        "feature": "buys",
        "contribution": 0.5,
        "value": 1.0,
        "direction": "below",
        "en": "1 purchase",
        "zh": "1次购买",
    }
    return {
        "score": pa.array(-rank),
        "probability": pa.array((1 - rank) ** 3),
        "percentile": pa.array(100 * (1 - rank)),
        "tier": pa.array([name for _, name in _TIERS]).take(pa.array(place)),
        "reasons": pa.array([[reason]], REASONS).take(pa.array(np.zeros(n, np.int64))),
    }


def _class(random: np.random.Generator, tag: str, n: int) -> dict[str, pa.Array]:
    return {"value": pa.array(_CLASSES[tag]).take(pa.array(random.integers(0, 4, n)))}
