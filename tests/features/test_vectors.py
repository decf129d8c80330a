from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.errors import RefusedError
from limner.events import columns
from limner.features import kernel_program
from limner.features.rows import Rows
from limner.features.vectors import vectors
from tests.features.buckets import (
    CUTOFFS,
    EVENTS,
    LONG,
    NUMBERS,
    SPEND,
    USERS,
    bucket_of,
    every_decay,
    every_feature,
    expected,
    feature,
    rows_of,
)
from tests.oracle import DAY, Event, decayed, feature_of, float32

PLAN = every_feature()


def differences(found: np.ndarray, wanted: np.ndarray) -> list[tuple[str, float, float]]:
    rows, columns = np.nonzero(found.view(np.uint32) != wanted.view(np.uint32))
    return [(PLAN.names[j], float(found[i, j]), float(wanted[i, j])) for i, j in zip(rows, columns, strict=True)]


@settings(deadline=None, max_examples=150)
@given(EVENTS)
def test_every_aggregate_equals_the_oracle_to_the_bit(events: list[Event]) -> None:
    found = vectors(bucket_of(events), PLAN, rows_of(), {})

    assert differences(found, expected(PLAN, events, rows_of(), feature_of)) == []


@settings(deadline=None, max_examples=50)
@given(st.lists(NUMBERS, min_size=30, max_size=60), st.integers(1, 40_000))
def test_long_histories_equal_the_oracle_to_the_bit(numbers: list[int | None], step: int) -> None:
    first = CUTOFFS[-1] - 20 * step
    events = [
        Event("u", "buy", (first + i * step) * 1_000_000, number, "abc"[i % 3]) for i, number in enumerate(numbers)
    ]

    found = vectors(bucket_of(events), PLAN, rows_of(), {})

    assert differences(found, expected(PLAN, events, rows_of(), feature_of)) == []


@pytest.mark.parametrize("number", [1000000536441803, 1000001847743988, 1000002682209015, 1000002920627594])
def test_a_sum_whose_nearest_float64_lies_between_two_float32_is_rounded_once(number: int) -> None:
    bucket, spend = bucket_of([Event("u", "buy", 40 * DAY * 1_000_000, number)]), replace(SPEND, decimals=15)
    finer = replace(bucket, properties=replace(bucket.properties, decimals=(15,)))
    plan = replace(PLAN, features=(feature("spend", "sum", LONG),), signals={**PLAN.signals, "spend": spend})

    found = vectors(finer, plan, rows_of(CUTOFFS[1:2]), {})

    assert found[0, 0] == float32(Fraction(number, 10**15))
    assert found[0, 0] != np.float32(number / 10**15)


@settings(deadline=None, max_examples=100)
@given(EVENTS, EVENTS, st.sampled_from(CUTOFFS))
def test_events_at_or_after_the_cutoff_change_nothing(events: list[Event], others: list[Event], cutoff: int) -> None:
    past = [event for event in events if event.second < cutoff]
    another_future = [event for event in others if event.second >= cutoff]
    rows = rows_of((cutoff,))

    known = vectors(bucket_of(events), PLAN, rows, {})

    assert known.tobytes() == vectors(bucket_of(past), PLAN, rows, {}).tobytes()
    assert known.tobytes() == vectors(bucket_of([*past, *another_future]), PLAN, rows, {}).tobytes()


@settings(deadline=None, max_examples=50)
@given(EVENTS, st.permutations(range(9)))
def test_the_order_of_rows_changes_nothing(events: list[Event], order: list[int]) -> None:
    rows, bucket = rows_of(), bucket_of(events)
    shuffled = Rows(rows.user[order], rows.cutoff[order])

    found = vectors(bucket, PLAN, shuffled, {})

    assert found.tobytes() == vectors(bucket, PLAN, rows, {})[order].tobytes()


def test_what_is_laid_out_and_what_is_read_agree_on_what_is_missing() -> None:
    assert columns.MISSING == kernel_program.MISSING


def test_no_rows_are_no_vectors() -> None:
    nobody = Rows(np.zeros(0, np.int32), np.zeros(0, np.int64))

    assert vectors(bucket_of([]), PLAN, nobody, {}).shape == (0, len(PLAN.features))


def test_a_number_with_other_decimals_is_refused() -> None:
    bucket = bucket_of([])
    rescaled = replace(bucket, properties=replace(bucket.properties, decimals=(3,)))

    with pytest.raises(RefusedError, match="3 decimals in the log and had 2"):
        vectors(rescaled, PLAN, rows_of(), {})


HALVED = replace(PLAN, features=every_decay())


@settings(deadline=None, max_examples=100)
@given(EVENTS)
def test_what_is_left_of_halved_values_is_right_to_the_last_digit(events: list[Event]) -> None:
    rows = rows_of()

    found = vectors(bucket_of(events), HALVED, rows, {})

    for (user, cutoff), vector in zip(zip(rows.user, rows.cutoff, strict=True), found, strict=True):
        mine = [event for event in events if event.user == USERS[user]]
        for one, value in zip(HALVED.features, vector, strict=True):
            wanted, size = decayed(mine, one, HALVED, int(cutoff))
            assert abs(float(value) - wanted) <= np.spacing(np.float32(abs(wanted))) + 1e-12 * size
