from dataclasses import replace

import numpy as np
import pytest

from limner.models.calibration import Calibration, parse_calibration
from limner.models.logistic import sigmoid
from limner.models.season import YEAR, reaches, season_of, shifts_of
from limner.models.seasonal import Past, seasonal_calibration
from limner.timeline import DAY

MONTH = 28 * DAY
SEASON = ((0, 0.5), (MONTH, -0.5), (2 * MONTH, 0.0))


@pytest.mark.parametrize(
    ("instant", "shift"),
    [(YEAR, 0.5), (YEAR + MONTH, -0.5), (YEAR + MONTH // 2, 0.0), (YEAR - 15 * DAY, 0.5), (YEAR - 17 * DAY, 0.0),
     (YEAR + 2 * MONTH + 17 * DAY, 0.0), (MONTH, 0.0)],
)  # fmt: skip
def test_the_year_before_speaks_for_its_time_of_the_year(instant: int, shift: float) -> None:
    assert shifts_of(SEASON, np.array([instant]))[0] == pytest.approx(shift)
    assert shifts_of((), np.array([instant])).tolist() == [0.0]


@pytest.mark.parametrize(("instant", "is_known"), [(YEAR - 17 * DAY, False), (YEAR - 15 * DAY, True), (MONTH, False),
     (YEAR + 2 * MONTH + 15 * DAY, True), (YEAR + 2 * MONTH + 17 * DAY, False)])  # fmt: skip
def test_a_season_that_speaks_for_no_row_is_not_asked_for(instant: int, is_known: bool) -> None:
    cutoffs = np.array([at for at, _ in SEASON])

    assert reaches(cutoffs, np.array([MONTH, instant])) is is_known


def test_a_season_is_what_margins_lack_at_each_cutoff() -> None:
    cutoffs = np.repeat(np.array([0, MONTH], np.int64), 20_000)
    lacking = np.where(cutoffs == 0, 0.8, -0.3)
    margins = np.random.default_rng(0).normal(-1, 1, len(cutoffs))
    labels = (np.random.default_rng(1).random(len(cutoffs)) < sigmoid(margins + lacking)).astype(np.int8)

    season = season_of(margins, labels, cutoffs)

    assert [instant for instant, _ in season] == [0, MONTH]
    np.testing.assert_allclose([shift for _, shift in season], [0.8, -0.3], atol=0.06)


def test_few_rows_show_little_of_a_season() -> None:
    few, many = (season_of(np.zeros(n), np.ones(n, np.int8), np.zeros(n, np.int64))[0][1] for n in (3, 300))

    assert 0 < few < 0.5 < many


def past(true: float, told: float, n: int = 4_000) -> Past:
    periods = np.repeat(np.array([0, MONTH, 2 * MONTH], np.int64), n)
    sign = np.where(periods == MONTH, 1.0, -1.0)
    margins = np.random.default_rng(0).normal(-1, 1, len(periods))
    labels = (np.random.default_rng(1).random(len(periods)) < sigmoid(margins + true * sign)).astype(np.int8)
    users = np.arange(len(periods)).astype(object)
    return Past(margins, told * sign, labels, periods, users, periods + MONTH)


@pytest.mark.parametrize(
    ("true", "told", "part"), [(0.5, 0.5, 1.0), (0.0, 0.5, 0.0), (-0.5, 0.5, 0.0), (0.0, 0.0, 0.5), (0.5, 0.0, 0.5)]
)
def test_forward_scores_say_how_much_of_a_season_is_used(true: float, told: float, part: float) -> None:
    season = seasonal_calibration(past(true, told), SEASON).season

    assert season == (tuple((instant, part * shift) for instant, shift in SEASON) if part else ())


@pytest.mark.parametrize(("true", "told", "part"), [(0.5, 0.5, 1.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.7), (0.5, 0.0, 0.7)])
def test_the_log_says_it_where_forward_scores_do_not(true: float, told: float, part: float) -> None:
    season = seasonal_calibration(past(true, told), SEASON, 0.7).season

    assert season == (tuple((instant, part * shift) for instant, shift in SEASON) if part else ())


def test_a_season_that_never_comes_again_is_not_used() -> None:
    assert seasonal_calibration(past(0.5, 0.0), SEASON, 0.0).season == ()


def test_a_period_of_which_little_has_a_year_before_it_does_not_speak() -> None:
    told = past(0.0, 0.5)
    few = replace(told, shifts=np.where(np.arange(len(told.shifts)) % 3 == 0, told.shifts, 0.0))

    assert seasonal_calibration(few, SEASON, 0.7).season == tuple((instant, 0.7 * shift) for instant, shift in SEASON)


def test_where_a_season_tells_the_level_forward_levels_are_not_learned() -> None:
    told = past(0.0, 0.0)
    lower = replace(told, margins=told.margins + 1.0)

    found = seasonal_calibration(lower, SEASON, 0.7)

    assert found.probability(np.zeros(1))[0] == pytest.approx(0.5, abs=0.02)
    assert lower.calibration().probability(np.zeros(1))[0] < 0.4


def test_without_a_season_calibration_is_as_ever() -> None:
    told = past(0.5, 0.5)

    assert seasonal_calibration(told, ()) == seasonal_calibration(told, (), 0.7) == told.calibration()


@pytest.mark.parametrize("form", ["none", "platt", "beta", "isotonic"])
def test_a_season_moves_chances_of_its_time_and_no_others(form: str) -> None:
    knots = ((-3.0, 0.1), (3.0, 0.9)) if form == "isotonic" else ()
    found = Calibration(form, slope_above=1.0, knots=knots, season=SEASON)  # type: ignore[arg-type]
    margins = np.zeros(3)

    raised, lowered, same = found.probability(margins, np.array([YEAR, YEAR + MONTH, YEAR + 2 * MONTH]))

    assert lowered < same < raised
    assert same == pytest.approx(found.probability(margins)[0])


def test_a_season_survives_being_written() -> None:
    found = Calibration("platt", 0.9, 0.1, season=SEASON)

    assert parse_calibration(found.to_json()) == found
    assert "season" not in replace(found, season=()).to_json()
