"""Limner, from the store, from nothing with a store, and from raw files without one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from limner.engines.local import LocalEngine
from limner.engines.store import Store
from limner.events.columns import Columns
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog
from limner.events.spec import IngestSpec, SourceSpec
from limner.features.bucket import Bucket, Membership, Needs, Properties
from limner.features.cohort import cohort_rows
from limner.features.compile import compile_plan
from limner.features.loading import load_bucket
from limner.features.plan import Feature, Plan
from limner.features.spec import FeaturesSpec
from limner.features.vectors import vectors
from limner.progress import Silent
from limner.timeline import DAY, FixedClock

from .raw_arrays import Arrays, read_by_user
from .work import AMOUNTS, Part, Run, Work
from .world import CATEGORIES, CHANNELS, END, TYPES, raw

THREADS = 2
EVENTS_IN_BUCKET = 2_500_000
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


def ready(folder: Path, work: Work) -> dict[str, Run]:
    """From the store, as every night."""
    log = EventLog.open(Store(folder / "store"))
    return {"": partial(_from_store, log, _plan_of(log, work), work)}


def ready_ingest(folder: Path, work: Work) -> dict[str, Run]:
    """From the raw file, with a store made on the way, as on the first night."""

    def run() -> Iterator[Part]:
        log = ingested(folder, "store-anew", work)
        yield from _from_store(log, _plan_of(log, work), work)

    return {"": run}


def ready_raw(folder: Path, work: Work) -> dict[str, Run]:
    """From the raw file without a store: decoded, sorted, and given to the same function."""
    plan = _plan_of(EventLog.open(Store(folder / "store")), work)

    def run() -> Iterator[Part]:
        halves = read_by_user(raw(folder), THREADS)
        compute = partial(_from_arrays, plan=plan, work=work)
        yield from LocalEngine(THREADS).each_bucket(len(halves), lambda number: compute(halves[number]))

    return {"": run}


def ready_scan(folder: Path, work: Work) -> dict[str, Run]:
    """The floor of the store: every array that the kernel reads, summed once."""
    del work
    log = EventLog.open(Store(folder / "store"))

    def summed(bucket: int) -> int:
        columns = Columns.of(log, bucket)
        return sum(int(columns.array(name).sum()) for name in ("seconds", "types", "numbers", "codes"))

    def run() -> Iterator[Part]:
        for one in LocalEngine(THREADS).each_bucket(log.buckets, summed):
            yield {"sum": [one]}

    return {"": run}


def ingested(folder: Path, name: str, work: Work) -> EventLog:
    """The log of the folder's file, ingested anew into a store of that name."""
    shutil.rmtree(folder / name, ignore_errors=True)
    store = Store(folder / name)
    buckets = max(2, work.n_events // EVENTS_IN_BUCKET)
    ingest(
        store, Sources({"events": SOURCE}, {}, IngestSpec(buckets=buckets), folder), FixedClock(END), "run", Silent()
    )
    return EventLog.open(store)


def _from_store(log: EventLog, plan: Plan, work: Work) -> Iterator[Part]:
    def of_bucket(number: int) -> Part:
        return _part(load_bucket(log, number, Needs() | plan.needs), plan, work)

    return LocalEngine(THREADS).each_bucket(log.buckets, of_bucket)


def _part(bucket: Bucket, plan: Plan, work: Work) -> Part:
    found = vectors(bucket, plan, cohort_rows(bucket, None, work.cutoffs), {})
    return dict(zip(map(_named, plan.features), found.T, strict=True))


def _from_arrays(arrays: Arrays, plan: Plan, work: Work) -> Part:
    """The part of users whose events are in memory."""
    lacking = dict.fromkeys(("amount", "category", "channel"), frozenset())
    bucket = Bucket(
        named=lambda: np.arange(len(arrays.offsets) - 1).astype(object),
        offsets=arrays.offsets,
        seconds=arrays.seconds,
        micros=arrays.seconds,  # only labels look at it
        membership=Membership(arrays.types, tuple(_streams(plan, one) for one in TYPES)),
        properties=Properties(
            ("amount",),
            (2,),
            arrays.amounts[None],
            ("category", "channel"),
            (CATEGORIES, CHANNELS),
            arrays.codes,
            lacking,
            {"amount": int(np.abs(arrays.amounts).max(initial=0))},
        ),
    )
    return _part(bucket, plan, work)


def _streams(plan: Plan, event_type: str) -> frozenset[str]:
    return frozenset(name for name, one in plan.needs.streams.items() if one.event_type == event_type)


def _plan_of(log: EventLog, work: Work) -> Plan:
    """The plan of the work, without the features of values that it does not ask for."""
    plan = compile_plan(log, _features_of(work), {}, before=END)
    kept = tuple(one for one in plan.features if _named(one) in work.columns)
    return Plan(kept, plan.signals, plan.known_since, plan.parts)


def _features_of(work: Work) -> FeaturesSpec:
    """The work in the words of a project file."""
    signals = {**{one: {"event_type": one} for one in TYPES}, "spend": {"event_type": "buy", "value": "amount"}}
    by = {
        "category": {"signal": "spend", "aggregate": "sum", "top": len(CATEGORIES)},
        "channel": {"signal": "buy", "aggregate": "count", "top": len(CHANNELS)},
    }
    asked = [
        name for name, values in {"category": work.shape.categories, "channel": work.shape.channels}.items() if values
    ]
    return FeaturesSpec.model_validate(
        {
            "windows": [f"{days}d" for days in work.shape.windows],
            "signals": signals,
            "aggregates": {
                **{one: ["count"] for one in TYPES},
                "buy": ["count", *(["active_days"] * work.shape.active_days)],
                "spend": list(AMOUNTS),
            },
            "by": {name: by[name] for name in asked},
        }
    )


def _named(feature: Feature) -> str:
    """What the work calls a feature of the plan."""
    what = feature.aggregate if feature.part is None else feature.part.value
    return f"{feature.source}_{what}_{feature.windows[0] // DAY}d"
