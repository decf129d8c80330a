import numpy as np
import pytest

from limner.tags.audience.power import Direction, power, smallest_lift


@pytest.mark.parametrize(
    ("one", "other", "users"), [(0.10, 0.15, 686), (0.05, 0.10, 435), (0.50, 0.60, 388), (0.30, 0.50, 93)]
)
def test_equal_arms_see_what_the_textbooks_say(one: float, other: float, users: int) -> None:
    assert smallest_lift(users, users, one) == pytest.approx(other - one, abs=2e-4)
    assert smallest_lift(users - 2, users - 2, one) > other - one  # type: ignore[operator]


@pytest.mark.parametrize(
    ("treated", "held_out", "rate", "direction"), [(4_500, 500, 0.3, "rise"), (9_000, 1_000, 0.12, "fall")]
)
def test_four_of_five_simulated_campaigns_see_the_smallest_lift(
    treated: int, held_out: int, rate: float, direction: Direction
) -> None:
    found = power(treated + held_out, held_out, rate, direction)
    dice, sign = np.random.default_rng(7), 1 if direction == "rise" else -1

    moved = dice.binomial(treated, rate + sign * (found.absolute or 0), 20_000) / treated
    left_alone = dice.binomial(held_out, rate, 20_000) / held_out
    both = (treated * moved + held_out * left_alone) / (treated + held_out)
    distance = np.abs(moved - left_alone) / np.sqrt(both * (1 - both) * (1 / treated + 1 / held_out))

    assert np.mean(distance > 1.959964) == pytest.approx(0.8, abs=0.015)


def test_more_users_see_less() -> None:
    lifts = [smallest_lift(9 * n, n, 0.2) or 1 for n in (50, 100, 1_000, 100_000)]

    assert lifts == sorted(lifts, reverse=True)


@pytest.mark.parametrize(
    ("users", "held_out", "rate"), [(10, 1, 0.3), (100, 0, 0.3), (0, 0, 0.3), (100, 100, 0.3), (100, 10, 1.0)]
)
def test_where_nothing_would_be_seen_it_says_so(users: int, held_out: int, rate: float) -> None:
    found = power(users, held_out, rate)

    assert (found.absolute, found.relative) == (None, None)
    assert "no lift would be seen" in found.sentence.en


def test_the_sentence_says_the_lift_in_points() -> None:
    found = power(1_200, 120, 0.3)

    assert found.sentence.en == (
        "With 120 of 1,200 users held out and 30.0 % expected among them, only a rise of at least 13.0 points "
        "(43 % of that) would be seen, in four of five campaigns."
    )
    assert "上升至少 13.0 个百分点" in found.sentence.zh
    assert found.as_dict()["relative"] == pytest.approx(0.13042 / 0.3, abs=1e-3)


def test_a_fall_says_that_it_is_one() -> None:
    assert "only a fall of at least" in power(1_200, 120, 0.3, "fall").sentence.en
    assert "下降至少" in power(1_200, 120, 0.3, "fall").sentence.zh
