import time

import numpy as np
import numpy.typing as npt
import pytest

from limner.models.bootstrap import Interval, Resampling, differences, intervals, paired_gain
from limner.models.metrics import MEASURES

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]


def world(rows: int = 600, users: int = 200, seed: int = 0) -> tuple[Floats, Labels, npt.NDArray[np.object_]]:
    random = np.random.default_rng(seed)
    truth = random.normal(size=rows)
    labels = (truth + random.normal(size=rows) > 1.2).astype(np.int8)
    return truth, labels, np.array([f"u{i % users}" for i in range(rows)], object)


def test_the_value_is_that_of_the_rows_as_they_are() -> None:
    truth, labels, users = world()

    found = intervals({"model": truth}, labels, ["auc", "average_precision"], Resampling(users, 50, 7))["model"]

    for name, interval in found.items():
        assert interval.value == MEASURES[name](truth, labels)(np.ones(600))
        assert interval.low < interval.value < interval.high


def test_draws_are_of_users_with_all_their_rows() -> None:
    users = np.array(["a", "b", "a", "c"], object)

    draws = list(Resampling(users, 40, 7).weights())

    assert all(draw[0] == draw[2] and draw[0] + draw[1] + draw[3] == 3 for draw in draws)


def test_rows_of_one_user_do_not_narrow_the_interval() -> None:
    truth, labels, users = world(200, users=200)
    once = intervals({"m": truth}, labels, ["auc"], Resampling(users, 200, 7))

    copied = {"m": np.tile(truth, 9)}
    ninefold = intervals(copied, np.tile(labels, 9), ["auc"], Resampling(np.tile(users, 9), 200, 7))

    assert ninefold["m"]["auc"] == pytest.approx(once["m"]["auc"])


def test_the_same_seed_gives_the_same_interval() -> None:
    truth, labels, users = world()

    first, second, other = (intervals({"m": truth}, labels, ["auc"], Resampling(users, 30, seed)) for seed in (7, 7, 8))

    assert first == second != other


def test_equal_systems_differ_by_nothing() -> None:
    truth, labels, users = world()

    found = differences({"a": truth, "b": truth + 1}, "a", labels, ["auc", "lift_10"], Resampling(users, 20, 7))

    assert found == {"b": {"auc": Interval(0, 0, 0), "lift_10": Interval(0, 0, 0)}}


def test_a_paired_difference_is_surer_than_two_intervals() -> None:
    truth, labels, users = world()
    noisy = truth + np.random.default_rng(9).normal(0, 0.5, 600)
    resampling = Resampling(users, 200, 7)

    difference = differences({"truth": truth, "noisy": noisy}, "noisy", labels, ["auc"], resampling)["truth"]["auc"]

    alone = intervals({"truth": truth}, labels, ["auc"], resampling)["truth"]["auc"]
    assert difference.low > 0
    assert difference.high - difference.low < alone.high - alone.low


def test_the_gain_is_over_the_best_rule() -> None:
    truth, labels, users = world()
    random = np.random.default_rng(9)
    rules = {"luck": random.normal(size=600), "recency": truth + random.normal(0, 2, 600)}

    gain = paired_gain(truth, rules, labels, Resampling(users, 100, 7))

    precision = {name: MEASURES["average_precision"](scores, labels)(np.ones(600)) for name, scores in rules.items()}
    best = MEASURES["average_precision"](truth, labels)(np.ones(600))
    assert gain.rule == "recency"
    assert gain.interval.value == pytest.approx(best / precision["recency"] - 1)
    assert 0 < gain.interval.low < gain.interval.value < gain.interval.high


def test_draws_without_an_outcome_do_not_count() -> None:
    labels = np.array([1, 0, 0, 0], np.int8)

    found = intervals({"m": np.arange(4.0)}, labels, ["auc"], Resampling(np.array(list("abcd"), object), 100, 7))

    assert found["m"]["auc"] == Interval(0.0, 0.0, 0.0)


def test_five_hundred_draws_of_twenty_thousand_rows_take_seconds() -> None:
    truth, labels, users = world(20_000, 8_000)

    started = time.perf_counter()
    intervals({"m": truth}, labels, ["auc", "average_precision", "log_loss"], Resampling(users, 500, 7))

    assert time.perf_counter() - started < 10
