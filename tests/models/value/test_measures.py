import numpy as np
import pytest

from limner.models.bootstrap import Resampling, paired_saving
from limner.models.objectives import deviances
from limner.models.value.measures import VALUE_MEASURES

AMOUNTS = np.array([0.0, 0.0, 10.0, 30.0])
ONES = np.ones(4)


@pytest.mark.parametrize(
    ("name", "told", "value"),
    [
        ("gini", AMOUNTS, 1.0),
        ("gini", -AMOUNTS, -1.0),
        ("gini", ONES, 0.0),
        ("share_10", AMOUNTS, 0.3),
        ("mean_absolute_error", ONES * 10, 10.0),
        ("total_ratio", ONES * 12, 1.2),
        ("under_low", ONES * 0.0, 0.0),
        ("under_median", ONES * 0.0, 0.5),
        ("under_high", ONES * 10.0, 0.75),
    ],
)
def test_measures_by_hand(name: str, told: np.ndarray, value: float) -> None:
    assert VALUE_MEASURES[name](told, AMOUNTS)(ONES) == pytest.approx(value)


def test_a_row_that_counts_twice_is_a_row_that_is_there_twice() -> None:
    scores, weights = np.array([1.0, 3.0, 2.0, 4.0]), np.array([1.0, 2.0, 0.0, 3.0])
    again = np.repeat(np.arange(4), weights.astype(int))
    for name in VALUE_MEASURES:
        weighed = VALUE_MEASURES[name](scores, AMOUNTS)(weights)
        if name != "deviance":  # its floor is of the rows as they are
            assert weighed == pytest.approx(VALUE_MEASURES[name](scores[again], AMOUNTS[again])(np.ones(6)))


@pytest.mark.parametrize("amounts", [AMOUNTS, np.array([-5.0, 0.0, 20.0, 60.0])])
def test_the_deviance_is_least_at_the_mean(amounts: np.ndarray) -> None:
    tried = np.linspace(1.0, 60.0, 591)
    losses = [deviances(np.full(4, one), amounts).mean() for one in tried]
    assert tried[int(np.argmin(losses))] == pytest.approx(amounts.mean(), abs=0.1)


def test_expecting_nothing_costs_no_infinity() -> None:
    assert np.isfinite(VALUE_MEASURES["deviance"](np.zeros(4), AMOUNTS)(ONES))


def test_nothing_came_so_nothing_is_ranked() -> None:
    assert np.isnan(VALUE_MEASURES["gini"](AMOUNTS, np.zeros(4))(ONES))


def test_a_saving_is_against_the_rule_that_loses_least() -> None:
    users = np.array(list("abcd"), object)
    rules = {"poor": np.array([30.0, 10, 1, 1]), "good": np.array([2.0, 2, 12, 25])}
    gain = paired_saving(AMOUNTS + 0.5, rules, AMOUNTS, Resampling(users, 50, 1))
    assert (gain.rule, gain.interval.value > 0) == ("good", True)
