import json

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.errors import DamagedError
from limner.models.calibration import Calibration, _beta, _isotonic, fit_calibration, parse_calibration
from limner.models.logistic import sigmoid

Floats = npt.NDArray[np.float64]
STEPS = Calibration("isotonic", knots=((-1.0, 0.1), (0.0, 0.2), (2.0, 0.2), (3.0, 0.9)))


def outcomes(chances: Floats, seed: int = 0) -> npt.NDArray[np.int8]:
    return (np.random.default_rng(seed).random(len(chances)) < chances).astype(np.int8)


@pytest.mark.parametrize(
    ("calibration", "margin", "chance"),
    [
        (Calibration("none"), 0.0, 0.5),
        (Calibration("none"), -1e9, 0.0),
        (Calibration("platt", slope=2.0, intercept=-2.0), 1.0, 0.5),
        (Calibration("beta", slope=1.0, slope_above=1.0), 1.0, 1 / (1 + np.exp(-1))),
        (Calibration("beta", slope=1.0, slope_above=0.0), 50.0, 0.5),
        (STEPS, -9.0, 0.1),
        (STEPS, -0.5, 0.15),
        (STEPS, 1.0, 0.2),
        (STEPS, 9.0, 0.9),
    ],
)
def test_probability(calibration: Calibration, margin: float, chance: float) -> None:
    assert calibration.probability(np.array([margin])) == pytest.approx([chance])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**20), st.integers(2, 400), st.booleans(), st.integers(1, 4))
def test_a_fitted_calibration_never_falls(seed: int, rows: int, is_log_odds: bool, n_periods: int) -> None:
    random = np.random.default_rng(seed)
    margins = np.round(random.normal(0, 3, rows), random.integers(0, 6))
    labels = outcomes(sigmoid(margins * random.normal()), seed)
    periods = np.sort(random.integers(0, n_periods, rows))

    fitted = fit_calibration(margins, labels, periods, is_log_odds=is_log_odds)

    grid = np.sort(np.r_[margins, np.nextafter(margins, 9.0), random.normal(0, 9, 500)])
    chances = fitted.probability(grid)
    assert (np.diff(chances) >= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()
    assert parse_calibration(fitted.to_json()) == fitted


def test_log_odds_that_are_right_are_left_alone() -> None:
    margins = np.random.default_rng(1).normal(-1, 1, 4000)

    assert fit_calibration(margins, outcomes(sigmoid(margins))).form == "none"


def test_overconfident_log_odds_are_drawn_in() -> None:
    margins = np.random.default_rng(2).normal(-1, 1, 4000)

    fitted = fit_calibration(3 * margins + 1, outcomes(sigmoid(margins)))

    assert fitted.form == "platt"
    np.testing.assert_allclose(fitted.probability(3 * margins + 1), sigmoid(margins), atol=0.05)


def test_a_curve_that_no_sigmoid_has_is_met_by_isotonic() -> None:
    margins = np.random.default_rng(3).uniform(-3, 3, 6000)

    fitted = fit_calibration(margins, outcomes(np.where(margins > 1, 0.6, 0.2)))

    assert fitted.form == "isotonic"
    np.testing.assert_allclose(fitted.probability(np.array([-2.0, 2.0])), [0.2, 0.6], atol=0.05)


def test_a_bend_that_no_sigmoid_has_is_met_by_beta() -> None:
    margins = np.random.default_rng(4).normal(0, 2, 6000)
    truth = Calibration("beta", slope=0.3, slope_above=1.8).probability(margins)

    fitted = fit_calibration(margins, outcomes(truth))

    assert fitted.form == "beta"
    assert (fitted.slope, fitted.slope_above) == pytest.approx((0.3, 1.8), abs=0.2)
    np.testing.assert_allclose(fitted.probability(margins), truth, atol=0.06)


@pytest.mark.parametrize("center", [-30.0, 0.0, 30.0])
def test_beta_stands_margins_that_rank_the_wrong_way(center: float) -> None:
    margins = np.random.default_rng(4).normal(center, 1, 500)

    fitted = _beta(margins, outcomes(sigmoid(center - margins)))

    assert min(fitted.slope, fitted.slope_above) >= 0
    np.testing.assert_allclose(fitted.probability(margins), 0.5, atol=0.1)


def test_few_outcomes_rule_isotonic_out() -> None:
    margins = np.random.default_rng(3).uniform(-3, 3, 300)

    assert fit_calibration(margins, outcomes(np.where(margins > 1, 0.6, 0.02))).form in {"none", "platt"}


def test_a_rule_s_margins_are_never_taken_as_log_odds() -> None:
    margins = np.random.default_rng(1).normal(-1, 1, 4000)

    assert fit_calibration(margins, outcomes(sigmoid(margins)), is_log_odds=False).form == "platt"


def test_a_margin_that_ranks_the_wrong_way_gets_the_base_rate() -> None:
    margins = np.arange(-200.0, 0.0)
    labels = (np.arange(200) < 40).astype(np.int8)

    fitted = fit_calibration(margins, labels, is_log_odds=False)

    np.testing.assert_allclose(fitted.probability(margins), 0.2, atol=0.01)


@pytest.mark.parametrize(
    ("past", "later", "form"), [(1.0, 1.0, "none"), (0.3, 0.3, "platt"), (0.3, 1.0, "none")], ids=str
)
def test_what_the_past_taught_must_hold_later(past: float, later: float, form: str) -> None:
    margins = np.tile(np.linspace(-4, 4, 2000), 2)
    labels = outcomes(sigmoid(margins * np.repeat([past, later], 2000)))

    assert fit_calibration(margins, labels, np.repeat([0, 1], 2000)).form == form


def test_halves_are_of_users_and_repeatable() -> None:
    margins = np.random.default_rng(5).normal(size=600)
    labels, users = outcomes(sigmoid(2 * margins)), np.repeat([f"u{i}" for i in range(200)], 3).astype(object)

    first, second = (fit_calibration(margins, labels, users=users) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("seed", range(3))
def test_isotonic_agrees_with_scikit_learn(seed: int) -> None:
    from sklearn.isotonic import IsotonicRegression

    margins = np.round(np.random.default_rng(seed).normal(size=800), 2)
    labels = outcomes(sigmoid(margins), seed)
    rival = IsotonicRegression(y_min=1 / 802, y_max=1 - 1 / 802, out_of_bounds="clip").fit(margins, labels)

    np.testing.assert_allclose(_isotonic(margins, labels).probability(margins), rival.predict(margins), atol=1e-12)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"form": "spline"}, "form spline"),
        ({"slope": -1.0}, "slope -1.0"),
        ({"form": "beta", "slope_above": -2.0}, "slope -2.0"),
        ({"form": "beta"}, "lacks a key"),
        ({"knots": []}, "0 knots"),
        ({"knots": [[0, 0.5], [1, 0.4]]}, "not in order"),
        ({"knots": [[0, 0.5], [0, 0.6]]}, "not in order"),
        ({"knots": [[0, 0.5], [1, 1.5]]}, "outside 0 to 1"),
        ({"knots": 7}, "lacks a key"),
        ({"season": [[2, 0.1], [2, 0.2]]}, "season are not in order"),
        ({"season": [["now", 0.1]]}, "lacks a key"),
    ],
)
def test_damage_is_named(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(DamagedError, match=sentence):
        parse_calibration(json.dumps({**json.loads(STEPS.to_json()), **change}))


def test_a_form_is_chosen_by_what_was_known_when_a_period_began() -> None:
    margins = np.tile(np.linspace(-4, 4, 2000), 2)
    labels = outcomes(sigmoid(margins * np.repeat([0.3, 1.0], 2000)))
    periods, users = np.repeat([0, 5], 2000), np.arange(4000).astype(str).astype(object)

    early, late = (fit_calibration(margins, labels, periods, users, known=periods + delay) for delay in (5, 6))

    assert early.form == "none"
    assert late.form in {"platt", "beta"}
