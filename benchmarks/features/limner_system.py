"""Limner, from the store and from raw files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from limner.engines.local import LocalEngine
from limner.engines.store import Store
from limner.events.columns import Columns
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog
from limner.events.spec import IngestSpec, SourceSpec
from limner.features.bucket import Needs
from limner.features.cohort import cohort_rows
from limner.features.compile import compile_plan
from limner.features.loading import load_bucket
from limner.features.plan import Plan
from limner.features.spec import FeaturesSpec
from limner.features.vectors import vectors
from limner.progress import Silent
from limner.timeline import FixedClock

from .work import AMOUNTS, Work
from .world import END, N_CATEGORIES, N_CHANNELS, TYPES

SOURCE = SourceSpec.model_validate(
    {
        "read": "events.parquet",
        "event_type": {"column": "event_type"},
        "user_id": "user_id",
        "event_time": "event_time",
        "event_id": ["event_id"],
        "properties": {
            "amount": {"column": "amount", "type": "number"},
            "category": {"column": "category", "type": "category"},
            "channel": {"column": "channel", "type": "category"},
        },
    }
)


def features_of(work: Work) -> FeaturesSpec:
    """The work in the words of a project file."""
    signals = {**{one: {"event_type": one} for one in TYPES}, "spend": {"event_type": "buy", "value": "amount"}}
    return FeaturesSpec.model_validate(
        {
            "windows": [f"{days}d" for days in work.windows],
            "signals": signals,
            "aggregates": {
                **{one: ["count"] for one in TYPES},
                "buy": ["count", "active_days"],
                "spend": list(AMOUNTS),
            },
            "by": {
                "category": {"signal": "spend", "aggregate": "sum", "top": N_CATEGORIES},
                "channel": {"signal": "buy", "aggregate": "count", "top": N_CHANNELS},
            },
        }
    )


def ingested(folder: Path, buckets: int) -> EventLog:
    """The log of the folder's file, ingested anew."""
    shutil.rmtree(folder / "store", ignore_errors=True)
    store = Store(folder / "store")
    sources = Sources({"events": SOURCE}, {}, IngestSpec(buckets=buckets), folder)
    ingest(store, sources, FixedClock(END), "run", Silent())
    return EventLog.open(store)


def plan_of(log: EventLog, work: Work) -> Plan:
    """The plan of the work, without the features of `other` values, which no category has."""
    plan = compile_plan(log, features_of(work), {}, before=END)
    kept = tuple(one for one in plan.features if one.part is None or one.part.value is not None)
    return Plan(kept, plan.signals, plan.known_since, plan.parts)


def computed(log: EventLog, plan: Plan, work: Work, threads: int) -> np.ndarray:
    """The vectors of everybody at the cutoffs, from the store."""

    def of_bucket(number: int) -> np.ndarray:
        bucket = load_bucket(log, number, Needs() | plan.needs)
        return vectors(bucket, plan, cohort_rows(bucket, None, work.cutoffs), {})

    return np.concatenate(list(LocalEngine(threads).each_bucket(log.buckets, of_bucket)))


def scanned(log: EventLog) -> int:
    """The floor: every array that the kernel reads, summed once."""
    return sum(
        int(Columns.of(log, bucket).array(name).sum())
        for bucket in range(log.buckets)
        for name in ("seconds", "types", "numbers", "codes")
    )
