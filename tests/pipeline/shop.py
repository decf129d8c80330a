import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limner.engines.store import Store
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog
from limner.features.compile import compile_plan
from limner.features.plan import Plan
from limner.models.bundle import Bundle
from limner.models.calibration import Calibration
from limner.models.champion import export, point_to
from limner.models.linear import LinearScorer, NumberTerm
from limner.models.rule import RuleScorer
from limner.models.scorer import Scorer
from limner.models.value.valuation import Valuation
from limner.pipeline.attributes import attributes_of
from limner.pipeline.score import ScoreResult, TagOutcome, score
from limner.progress import Silent
from limner.project import Project, load
from limner.tags.published import files_of
from limner.timeline import DAY, FixedClock, shown

HOUR = 3600
START = 19_723 * DAY
"""The first of January 2024."""
LAST = START + 30 * DAY + 12 * HOUR
"""The newest purchase."""
NOW = LAST + 1
"""Where the log ends."""
MAILS = {"u1": (20, 27), "u2": (25,), "u3": (10,), "u4": (29,)}
"""Days on which users get a mail, at 8 o'clock."""
_PRAISE = {"base_rate": 0.5, "sentence": {"en": "It is good.", "zh": "很好。"}}
PLATT = Calibration("platt", 0.5, -1.0)
WALL = FixedClock(START + 40 * DAY)
CONFIG = """
version: 1
project: shop
store: store
clock: log
max_staleness: 3d
ingest: {buckets: 2}
sources:
  purchases:
    read: buys.parquet
    event_type: buy
    user_id: who
    event_time: when
    properties: {amount: {column: amount, type: number}, shelf: {column: shelf, type: category}}
  mailings:
    read: mails.parquet
    event_type: mail
    user_id: who
    event_time: when
    properties: {campaign: {column: campaign, type: category}}
attributes:
  people: {read: people.parquet, user_id: who, columns: {size: category, points: number}}
features:
  windows: [7d, 28d]
  signals:
    buys: {event_type: buy}
    spend: {event_type: buy, value: amount}
    dairy: {event_type: buy, where: "shelf = 'dairy'"}
  aggregates: {buys: [count], spend: [sum], dairy: [count]}
tags:
  lapse:
    kind: predictive
    cohort: {event_type: buy, within: 7d}
    target: {absent: buy, horizon: 7d}
    tiers: {high: 20%, low: 80%}
    valid_for: 14d
  redeem:
    kind: predictive
    cutoffs: {on: mail, known: [campaign]}
    target: {event_type: buy, horizon: 7d}
    valid_for: 11d
  class: {kind: rule, classes: {many: buys_count_28d >= 10, few: buys_count_28d >= 5}, valid_for: 7d}
  size: {kind: fact, attribute: size, valid_for: 7d}
"""


@dataclass(frozen=True)
class Shop:
    folder: Path

    @property
    def store(self) -> Store:
        return Store(self.folder / "store")

    @property
    def project(self) -> Project:
        return load(self.folder / "shop.yaml")

    def reworded(self, old: str, new: str) -> None:
        text = (self.folder / "shop.yaml").read_text()
        assert old in text
        (self.folder / "shop.yaml").write_text(text.replace(old, new))

    def ingest(self) -> None:
        spec, store = self.project.spec, self.store
        with store.lock():
            sources = Sources(spec.sources, spec.attributes, spec.ingest, self.folder)
            ingest(store, sources, WALL, "run", Silent())

    def plan(self, tag: str) -> Plan:
        project, log = self.project, EventLog.open(self.store)
        sources = attributes_of(project.spec, self.store).sources
        spec = project.spec.tags[tag]
        known = spec.cutoffs.known if spec.kind == "predictive" else ()
        return compile_plan(log, project.spec.features, sources, before=NOW, known=known)

    def crown(
        self,
        tag: str,
        scorer: Scorer,
        version: str = "1",
        calibration: Calibration | Valuation = PLATT,
        **card: Any,
    ) -> Bundle:
        told = {
            "definition_hash": self.project.definition_hash(tag),
            "trained_until": shown(NOW - DAY),
            "norms": {},
            **_PRAISE,
        }
        bundle = Bundle(tag, version, scorer, calibration, self.plan(tag), {**told, "grade": "A", **card})
        export(self.store.root, bundle)
        point_to(self.store.root, bundle)
        return bundle

    def crown_all(self) -> None:
        for tag in ("lapse", "redeem"):
            self.crown(tag, by_count(self.plan(tag)))

    def score(self, tags: Sequence[str] | None = None, as_of: int | None = None) -> ScoreResult:
        return score(self.project, self.store, tags=tags, as_of=as_of, clock=WALL, progress=Silent())

    def rows(self, tag: str, as_of: int = NOW) -> list[dict[str, Any]]:
        tables = [pq.read_table(file, partitioning=None) for file in files_of(self.store, tag, as_of)]
        rows: list[dict[str, Any]] = pa.concat_tables(tables).to_pylist() if tables else []
        return rows

    def copied(self, folder: Path) -> "Shop":
        shutil.copytree(self.folder, folder)
        return Shop(folder)


def by_count(plan: Plan) -> RuleScorer:
    return RuleScorer(len(plan.features), plan.names.index("buys_count_7d"), "high", worst=-1.0, typical=1.0)


def by_all(plan: Plan) -> LinearScorer:
    return LinearScorer(0.25, tuple(NumberTerm(1.0, 3.0, 0.5 + place) for place in range(len(plan.features))))


def outcomes(result: ScoreResult) -> dict[str, str]:
    return {one.tag: one.outcome for one in result.outcomes}


def outcome(result: ScoreResult, tag: str) -> TagOutcome:
    return next(one for one in result.outcomes if one.tag == tag)


def open_shop(folder: Path, purchases: list[tuple[Any, ...]] | None = None) -> Shop:
    shop = Shop(folder)
    folder.mkdir(parents=True)
    (folder / "shop.yaml").write_text(CONFIG)
    _write(folder / "buys.parquet", buys() if purchases is None else purchases, "amount", "shelf")
    _write(
        folder / "mails.parquet",
        [(user, START + day * DAY + 8 * HOUR, "a") for user, days in MAILS.items() for day in days],
        "campaign",
    )
    people = {"who": ["u0", "u1", "u9"], "size": ["1", None, "4"], "points": [1.5, 2.0, None]}
    pq.write_table(pa.table(people), folder / "people.parquet")
    shop.ingest()
    return shop


def buys() -> list[tuple[Any, ...]]:
    """User k buys for k + 1 at noon on every (k + 1)th day from day 0 on, every other time dairy."""
    return [
        (f"u{k}", START + day * DAY + 12 * HOUR, float(k + 1), "dairy" if day % 2 else "bread")
        for k in range(10)
        for day in range(0, 31, k + 1)
    ]


def _write(path: Path, events: list[tuple[Any, ...]], *properties: str) -> None:
    columns = dict(zip(("who", "when", *properties), zip(*events, strict=True), strict=True))
    when = pa.array(columns.pop("when"), pa.int64()).cast(pa.timestamp("s"))
    pq.write_table(pa.table({**columns, "when": when}), path)
