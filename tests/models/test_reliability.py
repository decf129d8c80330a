import numpy as np
import pytest

from limner.models.bootstrap import Resampling
from limner.models.reliability import calibration_error, equal_mass_error, reliability_table, wilson


def test_chances_that_are_right_show_the_error_of_luck() -> None:
    chances = np.random.default_rng(1).beta(1, 4, 2000)
    labels = (np.random.default_rng(2).random(2000) < chances).astype(np.int8)

    error = calibration_error(chances, labels)

    assert error.value <= error.perfect_high
    assert 0 < error.perfect < error.perfect_high
    assert error == calibration_error(chances, labels)


def test_chances_twice_too_high_show_more_than_luck() -> None:
    chances = np.random.default_rng(1).beta(1, 4, 2000)
    labels = (np.random.default_rng(2).random(2000) < chances / 2).astype(np.int8)

    error = calibration_error(chances, labels)

    assert error.value > 2 * error.perfect_high
    assert error.value == pytest.approx(chances.mean() / 2, abs=0.02)


def test_bins_have_equal_mass_and_rise() -> None:
    chances = np.arange(10)[::-1] / 10
    labels = (chances >= 0.5).astype(np.int8)

    table = reliability_table(chances, labels, n_bins=4)

    assert [row.rows for row in table] == [2, 3, 2, 3]
    assert [row.rate for row in table] == [0.0, 0.0, 1.0, 1.0]
    assert [row.chance for row in table] == pytest.approx([0.05, 0.3, 0.55, 0.8])
    assert all(row.low <= row.rate <= row.high for row in table)


def test_fewer_rows_than_bins_make_a_bin_each() -> None:
    assert len(reliability_table(np.array([0.1, 0.2]), np.array([0, 1], np.int8))) == 2


@pytest.mark.parametrize(
    ("hits", "rows", "interval"), [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (50, 100, (0.4038, 0.5962))]
)
def test_wilson_interval(hits: int, rows: int, interval: tuple[float, float]) -> None:
    assert wilson(hits, rows) == pytest.approx(interval, abs=1e-4)


def test_rows_of_one_chance_are_one_bin_in_any_order() -> None:
    random = np.random.default_rng(0)
    chances = np.repeat([0.05, 0.2], [2000, 1000])
    labels = (random.random(3000) < chances).astype(np.int8)
    other = np.lexsort((labels, chances))

    assert [one.rows for one in reliability_table(chances, labels)] == [2000, 1000]
    assert equal_mass_error(chances[other], labels[other]) == pytest.approx(equal_mass_error(chances, labels))


def test_the_interval_of_the_error_is_of_users_and_holds_the_value() -> None:
    chances = np.full(400, 0.3)
    labels = np.tile((np.arange(100) < 40).astype(np.int8), 4)
    users = np.arange(400).astype(str).astype(object)

    alone, together = (
        calibration_error(chances, labels, Resampling(names, 200, 7).weights())
        for names in (users, np.tile(users[:100], 4))
    )

    assert alone.low < alone.value < alone.high
    assert together.high - together.low > 1.6 * (alone.high - alone.low)


def test_rows_of_the_same_people_widen_the_intervals_of_rates() -> None:
    chances, labels = np.full(400, 0.3), np.tile((np.arange(100) < 40).astype(np.int8), 4)
    users = np.tile(np.arange(100).astype(str).astype(object), 4)

    (narrow,) = reliability_table(chances, labels)
    (wide,) = reliability_table(chances, labels, Resampling(users, 200, 7).weights())

    assert wide.high - wide.low > 1.6 * (narrow.high - narrow.low)
