"""A small shop with everything that pages show: events, tags of every kind at two instants, a model, audiences."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi.testclient import TestClient

from limner.features.bucket import Stream
from limner.features.plan import Feature, Plan, Signal
from limner.models.bundle import Bundle
from limner.models.calibration import Calibration
from limner.models.champion import export, point_to
from limner.models.rule import RuleScorer
from limner.pipeline.workspace import Workspace
from limner.tags.maker import rows_of
from limner.tags.rows import Kind, Stamp, tag_rows
from limner.tags.writing import Batch
from limner.timeline import DAY, MICROS, FixedClock, instant
from limner.web.app import create_app
from tests.tags.batches import shown_in

START = instant("2024-01-01")
AS_OF = START + 60 * DAY
WALL = FixedClock(AS_OF + DAY)
SCRIPT = "<script>alert('id')</script>"
PATH = "../../etc/passwd"
USERS = sorted([SCRIPT, PATH, "007", *(f"u{n:02}" for n in range(57))])
KINDS: dict[str, Kind] = {"lapse": "predictive", "shopper": "rule", "size": "fact"}
TIERS = (("high", 0.1), ("medium", 0.3), ("low", 0.6))
CONFIG = """
version: 1
project: corner_shop
store: store
sources:
  buys:
    read: buys.parquet
    event_type: buy
    user_id: who
    event_time: when
    properties: {amount: {column: amount, type: number}}
attributes:
  people: {read: people.parquet, user_id: who, columns: {size: category}}
features:
  windows: [28d]
  signals:
    spend: {event_type: buy, value: amount}
  aggregates:
    spend: [sum]
tags:
  lapse:
    kind: predictive
    title: {en: "Will stay <away> & rest", zh: 即将流失}
    description: {en: Buys nothing in the next four weeks., zh: 未来四周内不再购买。}
    cohort: {event_type: buy, within: 56d}
    target: {absent: buy, horizon: 28d}
    owner: retention
  shopper:
    kind: rule
    title: {en: Shopper class, zh: 购物者类型}
    classes: {champion: spend_sum_28d > 50}
    otherwise: occasional
  size: {kind: fact, attribute: size}
audiences:
  save_now:
    title: {en: Worth saving, zh: 值得挽留}
    where: "lapse.tier = 'high' and shopper = 'champion'"
    holdout: 20%
  mailed: {where: "size = '1'", sink: letters}
sinks:
  letters: {kind: csv, path: "out/{audience}.csv"}
"""


def open_shop(folder: Path, web: str = "", *, is_scored: bool = True) -> Workspace:
    """The shop's workspace; `web` is what its project file says of the pages."""
    config = folder / "configs" / "shop.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG + (f"web: {web}\n" if web else ""))
    _write_sources(folder)
    workspace = Workspace.open(config, WALL)
    if is_scored:
        workspace.ingest()
        _promote(workspace)
        for as_of in (AS_OF - 7 * DAY, AS_OF):
            shown_in(workspace.store, [*_batches(as_of)], KINDS)
    return workspace


def client_of(workspace: Workspace, **headers: str) -> TestClient:
    return TestClient(create_app(workspace), "http://localhost", raise_server_exceptions=False, headers=headers)


def row_of(place: int) -> dict[str, Any]:
    """What is written on the user of a place."""
    chance = round(0.95 - 0.015 * place, 4)
    tier = "high" if place < 6 else "medium" if place < 24 else "low"
    return {
        "probability": chance,
        "tier": tier,
        "shopper": "champion" if place % 2 else "occasional",
        "size": str(place % 3),
    }


def _write_sources(folder: Path) -> None:
    dice = random.Random(7)
    seen = [(user, START + dice.randrange(60) * DAY + 3600) for user in USERS for _ in range(3)]
    columns = {
        "who": [user for user, _ in seen],
        "when": pa.array([second * MICROS for _, second in seen], pa.int64()).cast(pa.timestamp("us")),
        "amount": [float(dice.randrange(1, 90)) for _ in seen],
    }
    pq.write_table(pa.table(columns), folder / "buys.parquet")
    pq.write_table(pa.table({"who": list(USERS), "size": ["1"] * len(USERS)}), folder / "people.parquet")


def _batches(as_of: int) -> Sequence[Batch]:
    rows, n = [row_of(place) for place in range(len(USERS))], len(USERS)
    until = [as_of + 14 * DAY] * n
    reason = {
        "feature": "spend",
        "contribution": 0.5,
        "value": 1.0,
        "direction": "below",
        "en": "bought <b>once</b>",
        "zh": "只买过一次",
    }
    lapse = {
        "user_id": list(USERS),
        "score": [row["probability"] for row in rows],
        "probability": [row["probability"] for row in rows],
        "percentile": [100.0 * (n - place) / n for place in range(n)],
        "tier": [row["tier"] for row in rows],
        "reasons": [[reason, {**reason, "contribution": -0.1}]] * n,
        "valid_until": until,
    }
    values = {
        name: {"user_id": list(USERS), "value": [row[name] for row in rows], "valid_until": until}
        for name in ("shopper", "size")
    }
    return [_batch("lapse", as_of, lapse), *(_batch(name, as_of, columns) for name, columns in values.items())]


def _batch(tag: str, as_of: int, columns: dict[str, Any]) -> Batch:
    stamp = Stamp(tag, KINDS[tag], as_of, as_of, "run", "d" * 64, "1" if tag == "lapse" else None)
    return Batch(tag, KINDS[tag], as_of, f"{tag} {as_of}", "run", [tag_rows(stamp, rows_of(columns))])


def _promote(workspace: Workspace) -> None:
    feature = Feature("spend_sum_28d", "history", "spend", "sum", "spend", windows=(28 * DAY,))
    plan = Plan((feature,), {"spend": Signal(Stream("buy"), "amount")}, 0)
    card = {
        "grade": "B",
        "sentence": {"en": "Better than the best rule.", "zh": "优于最佳规则。"},
        "base_rate": 0.2,
        "trained_until": "2024-02-20T00:00:00Z",
        "definition_hash": workspace.project.definition_hash("lapse"),
        "norms": {},
        "form": "linear",
        "metrics": {"auc": 0.81},
        "ladder": {"en": "some hundred people", "zh": "人数有限"},
        "proof": PROOF,
    }
    bundle = Bundle("lapse", "1", RuleScorer(1, 0, "high", 0.0, 0.0), Calibration("platt", 0.1, -1.0), plan, card)
    export(workspace.project.store_path, bundle)
    point_to(workspace.project.store_path, bundle)


PROOF: dict[str, Any] = {
    "test": {
        "rows": 1000, "users": 1000, "positives": 200, "positive_users": 200,
        "first": "2024-01-20T00:00:00Z", "last": "2024-01-20T00:00:00Z",
    },
    "reached": [min(6.0 * step, 60 + 3 * max(step - 10, 0), 200.0) for step in range(101)],
    "reliability": [
        {"rows": 500, "chance": 0.1, "rate": 0.09, "low": 0.07, "high": 0.12},
        {"rows": 500, "chance": 0.3, "rate": 0.31, "low": 0.27, "high": 0.35},
    ],
    "calibration_error": {"value": 0.02, "low": 0.01, "high": 0.03, "perfect": 0.01, "perfect_high": 0.02},
    "drivers": [{"feature": "spend_sum_28d", "share": 0.8, "pull": "lowers", "en": "total spend", "zh": "总消费"}],
}  # fmt: skip
"""What the test showed: of the best tenth 60 of 100 did it, of everybody 20."""
