from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings

from limner.errors import DamagedError, RefusedError
from limner.features.bucket import Bucket
from limner.features.carried import Remembered, carried, fingerprint, is_lasting, lasting, reach
from limner.features.kernel import Wanted, compute
from limner.features.kernel_carried import Carried, carry
from limner.features.kernel_program import Events
from limner.features.plan import Feature, Plan
from limner.features.program import events_of, programmed
from limner.features.vectors import vectors
from tests.features.buckets import (
    CUTOFFS,
    EVENTS,
    LONG,
    SECONDS,
    TEXTS,
    bucket_of,
    every_decay,
    every_feature,
    feature,
    rows_of,
)
from tests.oracle import DAY, Event

PLAN = replace(every_feature(), features=(*every_feature().features, *every_decay()))
FOREVER = 2**60
LATEST = CUTOFFS[-1] - LONG
UNTIL = SECONDS.filter(lambda second: second <= LATEST)
BEYOND_FLOATS = [
    Event("u", "buy", day * DAY * 1_000_000, number, "a") for day, number in ((34, 2**53 - 1), (35, 2**53), (42, 3))
]


def between(events: Events, since: int, until: int) -> Events:
    kept = (events.seconds >= since) & (events.seconds < until)
    counted = np.concatenate([[0], np.cumsum(kept)])
    numbers, codes = np.ascontiguousarray(events.numbers[:, kept]), np.ascontiguousarray(events.codes[:, kept])
    return Events(counted[events.offsets], events.seconds[kept], events.kinds[kept], numbers, codes)


def carried_bytes(one: Carried) -> list[bytes]:
    return [np.asarray(array).tobytes() for array in one]


@settings(deadline=None, max_examples=150)
@given(EVENTS, UNTIL)
@example(BEYOND_FLOATS, 36 * DAY)
def test_what_is_carried_stands_for_all_that_was_before(events: list[Event], until: int) -> None:
    bucket, rows = bucket_of(events), rows_of(tuple(cutoff for cutoff in CUTOFFS if cutoff - LONG >= until))
    known, (feeds, program) = events_of(bucket), programmed(bucket, PLAN)
    found = np.empty((len(rows), len(PLAN.features)), np.float32)

    start = carry(between(known, 0, until), feeds, program, until)
    wanted = Wanted(rows.user.astype(np.int64), rows.cutoff, found)
    compute(between(known, until, FOREVER), feeds, program, wanted, start)

    assert found.tobytes() == vectors(bucket, PLAN, rows, {}).tobytes()


@settings(deadline=None, max_examples=100)
@given(EVENTS, SECONDS, SECONDS)
@example(BEYOND_FLOATS, 36 * DAY, 40 * DAY)
def test_what_is_carried_twice_is_what_is_carried_at_once(events: list[Event], one: int, other: int) -> None:
    bucket, (earlier, later) = bucket_of(events), sorted((one, other))
    known, (feeds, program) = events_of(bucket), programmed(bucket, PLAN)

    start = carry(between(known, 0, earlier), feeds, program, earlier)
    twice = carry(between(known, earlier, FOREVER), feeds, program, later, start)

    assert carried_bytes(twice) == carried_bytes(carry(known, feeds, program, later))


def world(seed: int, user: str = "u") -> list[Event]:
    random = np.random.default_rng(seed)
    return [
        Event(user, ("buy", "visit")[kind], int(second) * 1_000_000, int(number), (*TEXTS, None)[text])
        for kind, second, number, text in zip(
            random.integers(0, 2, 40), random.integers(20 * DAY, 47 * DAY, 40),
            random.integers(-(2**40), 2**40, 40), random.integers(0, 5, 40), strict=True,
        )
    ]  # fmt: skip


def only(is_kept: Callable[[Feature], bool]) -> Plan:
    return replace(PLAN, features=tuple(filter(is_kept, PLAN.features)))


def recoded(bucket: Bucket, texts: tuple[str, ...]) -> Bucket:
    """The bucket with the codes of other texts, among which are all that it needs."""
    codes = np.array([*(texts.index(text) if text in texts else -9 for text in TEXTS), -1], np.int32)
    own = replace(bucket.properties, texts=(texts,), codes=codes[bucket.properties.codes])
    return replace(bucket, properties=own)


def before(events: list[Event], until: int) -> list[Event]:
    return [event for event in events if event.second < until]


def since(events: list[Event], until: int) -> list[Event]:
    return [event for event in events if event.second >= until]


@pytest.mark.parametrize("is_kept", [is_lasting, lambda one: not is_lasting(one)])
def test_plans_that_ask_only_for_windows_or_for_none_start_alike(is_kept: Callable[[Feature], bool]) -> None:
    events, plan, rows = world(6), only(is_kept), rows_of(CUTOFFS[-1:])

    start = carried(bucket_of(before(events, LATEST)), plan, LATEST)
    found = vectors(bucket_of(since(events, LATEST)), plan, rows, {}, start=start)

    assert found.tobytes() == vectors(bucket_of(events), plan, rows, {}).tobytes()


@pytest.mark.parametrize("until", [LATEST, CUTOFFS[-1] - DAY, CUTOFFS[-1]])
@pytest.mark.parametrize("seed", range(3))
def test_scoring_from_what_was_saved_equals_scoring_from_everything(seed: int, until: int, tmp_path: Path) -> None:
    events, rows = world(seed) + world(seed + 100, "v"), rows_of(CUTOFFS[-1:])
    recent = recoded(bucket_of(since(events, LATEST)), ("x", "rare", "c", "b", "a"))

    carried(bucket_of(before(events, until)), PLAN, until).save(tmp_path / "state")
    start = Remembered.load(tmp_path / "state")

    from_everything = vectors(bucket_of(events), PLAN, rows, {}).tobytes()
    assert vectors(recent, PLAN, rows, {}, start=start).tobytes() == from_everything
    assert vectors(bucket_of(events), PLAN, rows, {}, start=start).tobytes() == from_everything


def test_texts_that_only_earlier_events_had_are_remembered() -> None:
    events = [
        Event("u", "buy", second * DAY * 1_000_000, 1, text) for second, text in [(20, "a"), (46, "b"), (46, "b")]
    ]
    plan, rows = replace(PLAN, features=(feature("kinds", "distinct"),)), rows_of(CUTOFFS[-1:])

    start = carried(bucket_of(events[:1]), plan, LATEST)
    found = vectors(recoded(bucket_of(events[1:]), ("b",)), plan, rows, {}, start=start)

    assert found[0].tolist() == [2.0]


def test_users_of_whom_nothing_new_is_known_are_still_remembered() -> None:
    nobody = replace(bucket_of([]), named=lambda: np.zeros(0, object), offsets=np.zeros(1, np.int64))

    start = carried(bucket_of(world(1) + world(2, "v")), PLAN, LATEST)
    later = carried(nobody, PLAN, LATEST + 1, start)

    assert list(later.users) == list(start.users)
    assert carried_bytes(later.carried)[1:] == carried_bytes(start.carried)[1:]


NOT_DISTINCT = only(lambda one: one.name != "kinds_distinct_")
PARTS_IN_WINDOWS = only(lambda one: one.part is None or bool(one.windows))


@pytest.mark.parametrize(
    ("plan", "other", "is_same"),
    [
        (PLAN, lasting(PLAN), True),
        (PLAN, replace(PLAN, known_since=0), True),
        (PARTS_IN_WINDOWS, replace(PARTS_IN_WINDOWS, parts={"category": ("b", "c")}), True),
        (PLAN, replace(PLAN, parts={"category": ("b", "a")}), False),
        (PLAN, NOT_DISTINCT, False),
        (PLAN, replace(PLAN, features=(*PLAN.features, feature("visits", "decay", 7))), False),
    ],
)
def test_a_state_fits_plans_that_note_the_same(plan: Plan, other: Plan, is_same: bool) -> None:
    assert (fingerprint(plan) == fingerprint(other)) == is_same


def test_a_plan_tells_how_far_its_windows_reach_and_what_lasts() -> None:
    features: tuple[Feature, ...] = (
        feature("visits", "count", DAY), feature("visits", "trend", DAY, LONG), feature("visits", "decay", 90 * DAY),
        feature("visits", "streak"),
    )  # fmt: skip
    plan = replace(PLAN, features=features)

    assert reach(plan) == LONG
    assert lasting(plan).features == features[2:]
    assert reach(lasting(plan)) == 0


def test_what_is_remembered_past_a_cutoff_or_for_others_is_refused() -> None:
    bucket = bucket_of(world(3))
    start = carried(bucket, PLAN, CUTOFFS[-1] + 1)

    with pytest.raises(RefusedError, match="past the cutoff"):
        vectors(bucket, PLAN, rows_of(), {}, start=start)
    with pytest.raises(RefusedError, match="for other features"):
        vectors(bucket, NOT_DISTINCT, rows_of(), {}, start=start)


@pytest.mark.parametrize("name", ["names.json", "words.npy", "user_text.npy"])
def test_a_damaged_state_is_refused(name: str, tmp_path: Path) -> None:
    carried(bucket_of(world(4)), PLAN, LATEST).save(tmp_path / "state")
    (tmp_path / "state" / name).write_bytes(b"{}")

    with pytest.raises(DamagedError, match="make it anew from the log"):
        Remembered.load(tmp_path / "state")
