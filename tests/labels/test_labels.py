from typing import Any

import numpy as np
import pytest

from limner.features.labels import amounts, labels
from limner.features.rows import Rows
from limner.features.spec import CutoffsSpec, TargetSpec
from limner.quantities import Duration
from tests.labels.worlds import bucket_of, event, question
from tests.oracle_labels import Event

TRIGGERED = CutoffsSpec(on="mail")


def label_at(cutoff: int, events: list[Event], **target: Any) -> int:
    asked = question(target=TargetSpec(**{"horizon": Duration(10), **target}))
    rows = Rows(np.array([0], dtype=np.int32), np.array([cutoff], dtype=np.int64))
    return int(labels(bucket_of(events, asked), rows, asked)[0])


def amount_at(cutoff: int, events: list[Event], **target: Any) -> tuple[float, int]:
    asked = question(target=TargetSpec(**{"horizon": Duration(10), **target}))
    rows = Rows(np.array([0], dtype=np.int32), np.array([cutoff], dtype=np.int64))
    bucket = bucket_of(events, asked)
    return float(amounts(bucket, rows, asked)[0]), int(labels(bucket, rows, asked)[0])


def label_of_trigger(events: list[Event], **target: Any) -> int:
    asked = question(target=TargetSpec(**{"horizon": Duration(10), **target}), cutoffs=TRIGGERED)
    bucket = bucket_of(events, asked)
    trigger = np.flatnonzero(bucket.membership.mask(":trigger"))[:1]
    rows = Rows(np.array([0], dtype=np.int32), bucket.micros[trigger] // 1_000_000, trigger)
    return int(labels(bucket, rows, asked)[0])


@pytest.mark.parametrize(
    ("second", "gap", "label"),
    [(99.999999, 0, 0), (100, 0, 1), (109.999999, 0, 1), (110, 0, 0), (104.999999, 5, 0), (105, 5, 1), (114.5, 5, 1)],
)
def test_the_span_is_half_open_to_the_microsecond(second: float, gap: int, label: int) -> None:
    assert label_at(100, [event(second)], event_type="buy", gap=Duration(gap)) == label


@pytest.mark.parametrize(("second", "label"), [(99, 1), (100, 0), (110, 1)])
def test_an_absence_is_the_opposite(second: float, label: int) -> None:
    assert label_at(100, [event(second)], absent="buy") == label


def test_a_label_looks_at_the_events_own_time_not_at_when_it_was_known() -> None:
    late = event(105, known_micros=500_000_000)
    assert label_at(100, [late], event_type="buy") == 1


@pytest.mark.parametrize(
    ("amounts", "at_least", "label"),
    [
        ([1999], 19.99, 1),
        ([1998], 19.99, 0),
        ([1999], 19.991, 0),
        ([1998, 1], 19.99, 1),
        ([None, 10], 0.1, 1),
        ([-5], -0.05, 1),
        ([-6], -0.05, 0),
        ([2**53] * 3, 3 * 2**53 / 100, 1),
        ([2**32 - 1, 1], 42949672.96, 1),
        ([2**32 - 1], 42949672.96, 0),
        ([2**32 - 1, 2], 42949672.98, 0),
        ([2**53], 1e300, 0),
        ([-(2**53)], -1e300, 1),
    ],
)
def test_a_sum_is_exact(amounts: list[int | None], at_least: float, label: int) -> None:
    events = [event(101 + place, amount=amount) for place, amount in enumerate(amounts)]
    assert label_at(100, events, event_type="buy", sum="amount", at_least=at_least) == label


@pytest.mark.parametrize(
    ("cents", "amount", "label"),
    [
        ([], 0.0, 0),
        ([1999, 1], 20.0, 1),
        ([1999, -2999], -10.0, 0),
        ([None, 7], 0.07, 1),
        ([2**53, 1], (2**53 + 1) / 100, 1),
        ([2**62] * 6, 6 * 2**62 / 100, 1),
        ([-(2**62)] * 6, -6 * 2**62 / 100, 0),
    ],
)
def test_a_number_is_the_exact_sum_rounded_once(cents: list[int | None], amount: float, label: int) -> None:
    events = [event(101 + place, amount=amount) for place, amount in enumerate(cents)]
    assert amount_at(100, [event(1), *events], event_type="buy", sum="amount") == (amount, label)


def test_a_count_is_how_often_it_happened() -> None:
    assert amount_at(100, [event(1), event(100), event(109.9), event(110)], event_type="buy", count=True) == (2.0, 1)


def test_nothing_bought_sums_to_nothing() -> None:
    assert label_at(100, [event(1)], event_type="buy", sum="amount", at_least=0) == 1


@pytest.mark.parametrize(("micros", "label"), [(100_500_000, 0), (100_500_001, 1), (100_499_999, 0), (110_000_000, 0)])
def test_the_outcome_comes_strictly_after_the_trigger(micros: int, label: int) -> None:
    events = [event(100.5, "mail"), event(micros / 1_000_000)]
    assert label_of_trigger(events, event_type="buy") == label


def test_a_trigger_is_not_its_own_outcome() -> None:
    assert label_of_trigger([event(100, "mail")], event_type="mail") == 0


@pytest.mark.parametrize(
    ("trigger", "outcome", "label"),
    [("a", "a", 1), ("a", "b", 0), (None, "a", 0), ("a", None, 0), (None, None, 0)],
)
def test_the_same_property_ties_outcome_to_trigger(trigger: str | None, outcome: str | None, label: int) -> None:
    events = [event(100, "mail", campaign=trigger), event(101, campaign=outcome)]
    assert label_of_trigger(events, event_type="buy", same="campaign") == label


def test_a_missing_property_never_meets_another_users() -> None:
    events = [event(101, user="t", campaign="c"), event(100, "mail", user="u", campaign=None), event(101, user="u")]
    asked = question(target=TargetSpec(event_type="buy", same="campaign", horizon=Duration(10)), cutoffs=TRIGGERED)
    rows = Rows(np.array([1], dtype=np.int32), np.array([100], dtype=np.int64), np.array([1], dtype=np.int64))
    assert labels(bucket_of(events, asked), rows, asked).tolist() == [0]
