from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from limner.models.calibration import Calibration
from limner.models.metrics import MEASURES, Ranking, by_cutoff, evaluate, gains_table

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]


def judged(seed: int, decimals: int = 6) -> tuple[Floats, Labels, Floats]:
    random = np.random.default_rng(seed)
    chances = np.round(random.beta(1, 4, 500), decimals)
    return chances, (random.random(500) < chances).astype(np.int8), random.integers(0, 4, 500).astype(np.float64)


@pytest.mark.parametrize("decimals", [1, 6], ids=["ties", "distinct"])
@pytest.mark.parametrize(
    ("name", "rival"),
    [
        ("auc", "roc_auc_score"),
        ("average_precision", "average_precision_score"),
        ("log_loss", "log_loss"),
        ("brier", "brier_score_loss"),
    ],
)
def test_measures_agree_with_scikit_learn(name: str, rival: str, decimals: int) -> None:
    from sklearn import metrics

    scores, labels, weights = judged(1, decimals)

    found = MEASURES[name](scores, labels)

    assert found(np.ones(500)) == pytest.approx(getattr(metrics, rival)(labels, scores), abs=1e-12)
    assert found(weights) == pytest.approx(getattr(metrics, rival)(labels, scores, sample_weight=weights), abs=1e-12)


@pytest.mark.parametrize("name", ["auc", "average_precision", "lift_10"])
def test_weights_count_rows_that_often(name: str) -> None:
    scores, labels, weights = judged(2, decimals=2)
    rows = np.repeat(np.arange(500), weights.astype(int))

    weighted = MEASURES[name](scores, labels)(weights)

    assert weighted == pytest.approx(MEASURES[name](scores[rows], labels[rows])(np.ones(len(rows))), abs=1e-12)


@pytest.mark.parametrize("name", ["auc", "average_precision", "lift_10", "mean_ratio"])
def test_a_measure_that_nothing_defines_is_nan(name: str) -> None:
    assert np.isnan(MEASURES[name](np.arange(5.0), np.zeros(5, np.int8))(np.ones(5)))


def test_equal_scores_share_a_gain_proportionally() -> None:
    ranking = Ranking.of(np.array([3.0, 1.0, 1.0, 1.0, 1.0]), np.array([1, 1, 0, 0, 0], np.int8))

    assert [ranking.curve(np.ones(5)).gain(share) for share in (0.2, 0.6, 1.0)] == pytest.approx([0.5, 0.75, 1.0])
    assert ranking.curve(np.ones(5)).lift(0.2) == pytest.approx(2.5)


def test_evaluation_stands_beside_the_base_rate() -> None:
    chances, labels, _ = judged(3)

    found = evaluate(chances, chances, labels)

    rate = labels.mean()
    assert found["base_log_loss"] == pytest.approx(-rate * np.log(rate) - (1 - rate) * np.log(1 - rate))
    assert found["log_loss"] < found["base_log_loss"]
    assert found["mean_ratio"] == pytest.approx(chances.mean() / rate)


def test_gains_table_has_four_shares() -> None:
    scores, labels, _ = judged(4)

    table = gains_table(scores, labels)

    assert [row["share"] for row in table] == [0.01, 0.05, 0.10, 0.20]
    assert [row["gain"] for row in table] == sorted(row["gain"] for row in table)


def test_a_cutoff_without_outcomes_has_no_auc() -> None:
    scores, labels = np.array([0.1, 0.9, 0.5, 0.4]), np.array([0, 1, 0, 0], np.int8)

    first, second = by_cutoff(scores, scores, labels, np.array([20, 10, 10, 20]))

    assert (first["cutoff"], first["rows"], first["positives"], first["auc"]) == (10, 2, 1, 1.0)
    assert (second["cutoff"], second["auc"], second["average_precision"]) == (20, None, None)


def test_a_cutoff_is_judged_by_every_measure() -> None:
    chances, labels, _ = judged(5)

    (found,) = by_cutoff(chances, chances, labels, np.zeros(500, np.int64))

    shares = {f"{name}_{share}" for name in ("lift", "gain") for share in (1, 5, 10, 20)}
    assert {"auc", "average_precision", "log_loss", "brier", "ece", *shares} <= set(found)
    assert found["lift_10"] == MEASURES["lift_10"](chances, labels)(np.ones(500))


@pytest.mark.parametrize(("n_instants", "n_periods"), [(12, 12), (13, 12), (500, 12)])
def test_many_cutoffs_are_judged_in_twelve_periods(n_instants: int, n_periods: int) -> None:
    chances, labels, _ = judged(6)
    cutoffs = np.sort(np.arange(500) % n_instants)

    found = by_cutoff(chances, chances, labels, cutoffs)

    assert len(found) == n_periods
    assert sum(row["rows"] for row in found) == 500
    assert all(before["last"] < after["cutoff"] for before, after in pairwise(found))


def test_chances_that_tie_change_no_rank() -> None:
    random = np.random.default_rng(0)
    margins = random.normal(size=400)
    labels = (random.random(400) < 1 / (1 + np.exp(-margins))).astype(np.int8)
    steps = Calibration("isotonic", knots=((0.0, 0.3), (0.1, 0.6)))

    tied = evaluate(margins, steps.probability(margins), labels)

    assert len(np.unique(steps.probability(margins))) < 40
    assert {name: tied[name] for name in ("auc", "average_precision", "lift_10")} == {
        name: MEASURES[name](margins, labels)(np.ones(400)) for name in ("auc", "average_precision", "lift_10")
    }
