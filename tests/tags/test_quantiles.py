from typing import Literal

import numpy as np
import pytest

from limner.tags.quantiles import part_scores
from limner.tags.rule_spec import ScoreSpec

NAN = float("nan")


def scores(values: list[float], best: Literal["high", "low"] = "high", parts: int = 5) -> list[float]:
    found: list[float] = part_scores(np.array(values, np.float32), ScoreSpec(of="x", best=best, parts=parts)).tolist()
    return found


def test_ten_different_values_are_two_of_each_quintile() -> None:
    assert scores([float(one) for one in range(10)]) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_of_what_is_good_when_low_the_lowest_is_best() -> None:
    assert scores([1, 2, 3, 4, 5], best="low") == [5, 4, 3, 2, 1]


def test_equal_values_share_the_score_of_how_many_do_worse() -> None:
    assert scores([1, 1, 1, 1, 1, 1, 2, 2, 2, 9]) == [1, 1, 1, 1, 1, 1, 4, 4, 4, 5]
    assert scores([3, 3, 3]) == [1, 1, 1]


def test_who_has_no_value_has_no_score_and_is_not_counted() -> None:
    found = scores([NAN, 1, 2, NAN], parts=2)

    assert np.isnan(found[0]) and np.isnan(found[3])
    assert found[1:3] == [1, 2]


@pytest.mark.parametrize("values", [[], [NAN]])
def test_nobody_known_is_compared_with_nobody(values: list[float]) -> None:
    assert [np.isnan(one) for one in scores(values)] == [True] * len(values)
