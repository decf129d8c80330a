"""Plain events brought into a bucket, and worlds of them drawn at random near the instants that matter."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from limner.features.bucket import Bucket, Membership, Properties, Stream
from limner.features.kernel_program import MISSING
from limner.features.plan import Feature, Part, Plan, Signal, stream_key
from limner.features.rows import Rows
from tests.oracle import DAY, Event

DECIMALS = 2
TEXTS = ("a", "b", "c", "rare")
USERS = ("u", "v", "w")
CUTOFFS = (40 * DAY, 43 * DAY + 7, 47 * DAY)
SHORT, LONG, ODD = DAY, 7 * DAY, 7 * DAY - 3

VISITS = Signal(Stream("visit"))
SPEND = Signal(Stream("buy"), "number", "number", DECIMALS)
KINDS = Signal(Stream("buy"), "category", "category")
SIGNALS = {"visits": VISITS, "spend": SPEND, "kinds": KINDS}


def feature(source: str, aggregate: str, *windows: int, part: Part | None = None) -> Feature:
    name = "_".join([source, aggregate, *map(str, windows), str(part.value) if part else ""])
    return Feature(name, "history", source, aggregate, source, windows, part, decimals=DECIMALS)


def every_feature() -> Plan:
    parts = [Part("category", text) for text in ("a", "b", None)]
    found = [feature("visits", "count", SHORT)]
    for window in (SHORT, LONG, ODD):
        of_values = ("sum", "mean", "min", "max", "std", "last", "last_2", "last_3")
        found += [feature("spend", name, window) for name in of_values]
        found += [feature("kinds", "distinct", window)]
        for source in ("visits", "spend"):
            of_times = ("count", "active_days", "gap_mean", "gap_std", "share", "sessions")
            found += [feature(source, name, window) for name in of_times]
        for source, aggregate in (("spend", "sum"), ("spend", "share"), ("visits", "count"), ("visits", "share")):
            found += [feature(source, aggregate, window, part=part) for part in parts]
    of_all = (
        "sum",
        "mean",
        "min",
        "max",
        "std",
        "last",
        "last_2",
        "last_3",
        "count",
        "sessions",
        "gap_std",
        "active_days",
    )
    found += [feature("spend", name) for name in of_all]
    found += [feature("kinds", "distinct"), feature("visits", "gap_mean"), feature("visits", "share")]
    found += [feature("spend", name, part=part) for name in ("sum", "share") for part in parts]
    for source in ("visits", "spend"):
        over_all = ("days_since_last", "days_since_first", "age_unknown", "streak", "days_to_second", "days_to_third")
        found += [feature(source, name) for name in over_all]
        found += [feature(source, "trend", SHORT, LONG), feature(source, "trend", ODD, LONG)]
    return Plan(tuple(found), SIGNALS, known_since=35 * DAY, parts={"category": ("a", "b")})


def every_decay() -> tuple[Feature, ...]:
    return tuple(feature(source, "decay", width) for source in ("visits", "spend") for width in (3_600, DAY, LONG))


def in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.user, event.known_micros))


def bucket_of(events: list[Event]) -> Bucket:
    events = in_order(events)
    numbers = [event.number for event in events]
    codes = [-1 if event.category is None else TEXTS.index(event.category) for event in events]
    micros = np.array([event.known_micros for event in events], np.int64)
    kinds = np.array([event.type for event in events], object)
    counts = [sum(event.user == user for event in events) for user in USERS]
    return Bucket(
        named=lambda: np.array(USERS, object),
        offsets=np.cumsum([0, *counts]).astype(np.int64),
        seconds=micros // 1_000_000,
        micros=micros,
        membership=Membership.of(
            {stream_key(one.stream): kinds == one.stream.event_type for one in SIGNALS.values()}, len(events)
        ),
        properties=Properties(
            number_names=("number",),
            decimals=(DECIMALS,),
            numbers=np.array([[MISSING if number is None else number for number in numbers]], np.int64),
            category_names=("category",),
            texts=(TEXTS,),
            codes=np.array([codes], np.int32),
            lacking={
                "number": frozenset(event.type for event in events if event.number is None),
                "category": frozenset(event.type for event in events if event.category is None),
            },
            largest={"number": max((abs(number) for number in numbers if number is not None), default=0)},
        ),
    )


def rows_of(cutoffs: tuple[int, ...] = CUTOFFS) -> Rows:
    pairs = [(user, cutoff) for user in range(len(USERS)) for cutoff in sorted(cutoffs)]
    return Rows(np.array([user for user, _ in pairs], np.int32), np.array([cutoff for _, cutoff in pairs], np.int64))


def expected(plan: Plan, events: list[Event], rows: Rows, feature_of: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    mine = {user: [event for event in in_order(events) if event.user == user] for user in USERS}
    found = [
        [feature_of(mine[USERS[user]], feature, plan, int(cutoff)) for feature in plan.features]
        for user, cutoff in zip(rows.user, rows.cutoff, strict=True)
    ]
    return np.array([[np.nan if value is None else value for value in row] for row in found], np.float32)


SECONDS = st.sampled_from(
    [0, 34 * DAY, 35 * DAY - 1, 35 * DAY]
    + [
        cutoff - width + aside
        for cutoff in CUTOFFS
        for width in (0, 1, 1800, 3600, SHORT, LONG, ODD)
        for aside in (-1, 0, 1)
    ]
)
SMALL = st.one_of(st.none(), st.integers(-500, 500))
NUMBERS = st.one_of(
    SMALL,
    st.integers(-(2**53), 2**53),
    st.sampled_from([2**53, 2**53 - 1, -(2**53), 2**24 + 1, 2**25 + 2, 0, -1]),
)


def _with(numbers: st.SearchStrategy[int | None]) -> st.SearchStrategy[list[Event]]:
    one = st.builds(
        Event,
        user=st.sampled_from(USERS[:2]),
        type=st.sampled_from(["buy", "visit", "other"]),
        known_micros=st.builds(lambda s, m: s * 1_000_000 + m, SECONDS, st.sampled_from([0, 0, 1, 999_999])),
        number=numbers,
        category=st.sampled_from([None, "a", "b", "c", "rare"]),
    )
    return st.lists(one, max_size=24)


EVENTS = st.one_of(_with(SMALL), _with(NUMBERS))
