import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from limner.engines.store import Store
from limner.events.ingest import Sources, ingest
from limner.events.spec import IngestSpec, SourceSpec
from limner.features.bucket import Stream
from limner.features.plan import Feature, Plan, Signal
from limner.features.spec import CohortSpec, CutoffsSpec, TargetSpec
from limner.models.bundle import Bundle
from limner.models.calibration import Calibration
from limner.models.champion import export, point_to
from limner.models.rule import RuleScorer
from limner.progress import Silent
from limner.quantities import Duration
from limner.specs import TitleSpec
from limner.tags.maker import rows_of
from limner.tags.rows import Kind, Stamp, tag_rows
from limner.tags.spec import FactSpec, PredictiveSpec, RuleSpec, TagSpec
from limner.tags.writing import Batch
from limner.timeline import DAY, MICROS, FixedClock, instant
from tests.tags.batches import shown_in

USERS = ("007", "1", "2", "3")
START = instant("2017-01-01")
AS_OF = START + 90 * DAY
NOW = FixedClock(START + 91 * DAY)

LAPSE = PredictiveSpec(
    kind="predictive",
    title=TitleSpec(en="Will stay away", zh="不再购买"),
    cohort=CohortSpec(event_type="buy", within=Duration(56 * DAY)),
    target=TargetSpec(absent="buy", horizon=Duration(28 * DAY)),
    owner="retention",
)
REDEEM = PredictiveSpec(
    kind="predictive",
    cutoffs=CutoffsSpec(on="mail", at=Duration(3600)),
    target=TargetSpec(event_type="buy", same="campaign", horizon=Duration(30 * DAY), gap=Duration(DAY)),
)
CLASS = RuleSpec(kind="rule", classes={"big": "spend_sum_84d >= 100", "small": "spend_sum_84d > 0"}, otherwise="none")
SIZE = FactSpec(kind="fact", attribute="household_size")
TAGS: dict[str, TagSpec] = {"lapse": LAPSE, "redeem": REDEEM, "class": CLASS, "size": SIZE}
KINDS: dict[str, Kind] = {tag: spec.kind for tag, spec in TAGS.items()}
REASON = {
    "feature": "a",
    "contribution": 0.9,
    "value": 62.0,
    "direction": "above",
    "en": "no purchase for 62 days",
    "zh": "已62天没有购买",
}


@dataclass(frozen=True)
class Spec:
    clock: Literal["wall", "log"] = "wall"
    tags: Mapping[str, TagSpec] = field(default_factory=lambda: TAGS)


@dataclass(frozen=True)
class Shop:
    spec: Spec = field(default_factory=Spec)
    definition: str | None = None

    def definition_hash(self, tag: str) -> str:
        return self.definition or f"definition of {tag}"


def copied(store: Store, folder: Path) -> Store:
    """A store that a test may write to."""
    shutil.copytree(store.root, folder / "store")
    return Store(folder / "store")


def ingested(folder: Path) -> Store:
    days = {"007": [10, 20], "1": [1, 80], "2": [5], "3": [70]}
    seen = [(user, day) for user, found in days.items() for day in found]
    columns = {
        "who": [user for user, _ in seen],
        "when": pa.array([(START + day * DAY) * MICROS for _, day in seen], pa.int64()).cast(pa.timestamp("us")),
        "what": ["mail" if day == 80 else "buy" for _, day in seen],
    }
    pq.write_table(pa.table(columns), folder / "events.parquet")
    declared = {"read": "events.parquet", "event_type": {"column": "what"}, "user_id": "who", "event_time": "when"}
    source = SourceSpec.model_validate(declared)
    store = Store(folder / "store")
    ingest(store, Sources({"shop": source}, {}, IngestSpec(buckets=2), folder), NOW, "run", Silent())
    return store


def write(store: Store, tag: str, as_of: int = AS_OF, valid_for: int = 14 * DAY, **columns: Any) -> None:
    n = len(columns["user_id"])
    stamp = Stamp(tag, KINDS[tag], as_of, as_of, "run", "definition", "1" if KINDS[tag] == "predictive" else None)
    rows = tag_rows(stamp, rows_of({**columns, "valid_until": [as_of + valid_for] * n}))
    shown_in(store, [Batch(tag, KINDS[tag], as_of, f"key of {as_of}", "run", [rows])], KINDS)


def write_lapse(store: Store, as_of: int = AS_OF, valid_for: int = 14 * DAY) -> None:
    write(
        store,
        "lapse",
        as_of,
        valid_for,
        user_id=["007", "1", "3"],
        probability=[0.5, 0.25, 0.75],
        score=[0.0, -1.0, 1.0],
        percentile=[200 / 3, 100 / 3, 100.0],
        tier=["low", "low", "high"],
        reasons=[[REASON], [], []],
    )


def promote(store: Store, tag: str = "lapse", version: str = "1", definition: str = "definition of lapse") -> None:
    card = {
        "ladder": {"en": "few people", "zh": "人数较少"},
        "grade": "B",
        "sentence": {"en": "Better.", "zh": "更好。"},
        "base_rate": 0.4,
        "trained_until": "2017-03-20T00:00:00Z",
        "definition_hash": definition,
        "norms": {},
    }
    feature = Feature("buys_days_since_last", "history", "buys", "days_since_last", "buys")
    plan = Plan((feature,), {"buys": Signal(Stream("buy"))}, 0)
    bundle = Bundle(tag, version, RuleScorer(1, 0, "high", 0.0, 0.0), Calibration("platt", 0.1, -1.0), plan, card)
    export(store.root, bundle)
    point_to(store.root, bundle)
