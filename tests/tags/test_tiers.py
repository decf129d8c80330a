import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.quantities import Band
from limner.tags.tiers import frozen_tiers, percentiles, ranks, tier_sizes, tiers

THREE = {"high": Band.parse("10%"), "medium": Band.parse("30%"), "low": Band.parse("60%")}
FOUR = {
    "very_high": Band.parse("5%"),
    "high": Band.parse("15%"),
    "medium": Band.parse("30%"),
    "low": Band.parse("50%"),
}


@pytest.mark.parametrize(
    ("n_rows", "shares", "sizes"),
    [
        (0, THREE, [0, 0, 0]),
        (1, THREE, [0, 0, 1]),
        (2, THREE, [0, 1, 1]),
        (5, THREE, [1, 1, 3]),
        (7, THREE, [1, 2, 4]),
        (1000, THREE, [100, 300, 600]),
        (1, FOUR, [0, 0, 1, 0]),
        (10, FOUR, [1, 1, 3, 5]),
        (2469, FOUR, [123, 371, 741, 1234]),
        (3, {"all": Band.parse("100%")}, [3]),
    ],
)
def test_tier_sizes(n_rows: int, shares: dict[str, Band], sizes: list[int]) -> None:
    assert list(tier_sizes(n_rows, shares).values()) == sizes


def bands(**written: object) -> dict[str, Band]:
    return {name: Band.parse(one) for name, one in written.items()}


@pytest.mark.parametrize(
    ("n_rows", "expected"), [(0, [0, 0, 0]), (150, [150, 0, 0]), (250, [200, 50, 0]), (1000, [200, 300, 500])]
)
def test_counts_are_held_as_long_as_there_are_users_and_the_rest_holds_what_is_left(
    n_rows: int, expected: list[int]
) -> None:
    assert list(tier_sizes(n_rows, bands(call=200, mail="30%", later="rest")).values()) == expected


def test_the_rest_may_stand_anywhere() -> None:
    assert list(tier_sizes(100, bands(top=10, rest="rest", bottom="20%")).values()) == [10, 70, 20]


SPREAD = [float(place) for place in range(201)]
"""The scores that a model gave at its training: 200 was the highest."""


def test_frozen_tiers_go_by_the_scores_of_the_training() -> None:
    scores = np.array([180.0, 179.9, 120.0, 119.0, -5.0, 900.0])

    found = frozen_tiers(scores, SPREAD, bands(high="10%", medium="30%", low="60%"))

    assert found.to_pylist() == ["high", "medium", "medium", "low", "low", "high"]


def test_however_high_everybody_scores_frozen_tiers_stay() -> None:
    assert frozen_tiers(np.full(3, 500.0), SPREAD, THREE).to_pylist() == ["high"] * 3
    assert frozen_tiers(np.full(3, 500.0), SPREAD, bands(high="10%", low="rest")).to_pylist() == ["high"] * 3


@pytest.mark.parametrize(
    ("spread", "written"), [(None, {"high": "10%", "low": "90%"}), (SPREAD, {"a": 5, "b": "rest"})]
)
def test_without_scores_of_the_training_or_with_counts_nothing_is_frozen(
    spread: list[float] | None, written: dict[str, object]
) -> None:
    assert frozen_tiers(np.zeros(2), spread, bands(**written)).to_pylist() == [None, None]


@pytest.mark.parametrize("n_rows", range(40))
def test_tiers_hold_everybody_once_and_follow_the_rank(n_rows: int) -> None:
    names = tiers(np.arange(1, n_rows + 1), FOUR).to_pylist()

    order = list(FOUR)
    assert len(names) == n_rows
    assert [order.index(name) for name in names] == sorted(order.index(name) for name in names)


@pytest.mark.parametrize(
    ("n_rows", "expected"), [(0, []), (1, [100.0]), (2, [100.0, 50.0]), (4, [100.0, 75.0, 50.0, 25.0])]
)
def test_percentiles(n_rows: int, expected: list[float]) -> None:
    assert percentiles(np.arange(1, n_rows + 1)).tolist() == expected


def test_ties_fall_the_same_way_in_any_order_and_differently_for_each_tag() -> None:
    users = pa.chunked_array([[f"u{number}" for number in range(50)]])
    scores = np.zeros(50)

    places = ranks(scores, users, "churn")

    assert sorted(places) == list(range(1, 51))
    assert ranks(scores, users.take(list(range(49, -1, -1))), "churn")[::-1].tolist() == places.tolist()
    assert ranks(scores, users, "buy").tolist() != places.tolist()


@given(st.integers(0, 10_000), st.sampled_from([THREE, FOUR, {"all": Band.parse("100%")}]))
def test_sizes_add_up_and_none_is_off_by_more_than_a_row(n_rows: int, shares: dict[str, Band]) -> None:
    sizes = tier_sizes(n_rows, shares)

    assert sum(sizes.values()) == n_rows
    for name, band in shares.items():
        assert band.share is not None
        assert abs(sizes[name] - n_rows * band.share.value) <= 1


@given(st.integers(0, 300))
def test_a_bigger_cohort_never_shrinks_the_bands_above(n_rows: int) -> None:
    smaller, bigger = (np.cumsum(list(tier_sizes(n, FOUR).values())) for n in (n_rows, n_rows + 1))

    assert (bigger >= smaller).all()


@given(st.lists(st.sampled_from([-1.5, 0.0, 0.1, 2.0]), max_size=30), st.randoms(use_true_random=False))
def test_ranks_follow_the_score_whatever_the_order_of_rows(scores: list[float], dice: random.Random) -> None:
    rows = [(score, f"u{number}") for number, score in enumerate(scores)]
    mixed = dice.sample(rows, len(rows))

    assert placed(rows) == placed(mixed)
    ordered = sorted(rows, key=lambda row: placed(rows)[row[1]])
    assert [score for score, _ in ordered] == sorted(scores, reverse=True)


@given(st.integers(0, 200))
def test_percentiles_lie_above_0_up_to_100_and_are_all_different(n_rows: int) -> None:
    found = percentiles(np.random.default_rng(n_rows).permutation(n_rows) + 1)

    assert ((found > 0) & (found <= 100)).all()
    assert len(np.unique(found)) == n_rows


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [(0, []), (1, ["low"]), (2, ["medium", "low"]), (3, ["medium", "low", "low"])],
)
def test_tiny_cohorts(n_rows: int, expected: list[str]) -> None:
    assert tiers(np.arange(1, n_rows + 1), THREE).to_pylist() == expected


def placed(rows: list[tuple[float, str]]) -> dict[str, int]:
    scores = np.array([score for score, _ in rows])
    users = [user for _, user in rows]
    return dict(zip(users, ranks(scores, pa.chunked_array([users], pa.string()), "churn").tolist(), strict=True))
