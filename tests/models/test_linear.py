import json

import numpy as np
import numpy.typing as npt
import pytest

from limner.errors import DamagedError, RefusedError
from limner.models.linear import CategoryTerm, LinearScorer, NumberTerm, fit_linear
from limner.models.logistic import fit_logistic, log_losses, sigmoid
from limner.models.scorer import parse_scorer

SCORER = LinearScorer(-1.0, (NumberTerm(10.0, 2.0, 0.5), CategoryTerm((0.25, -0.25))))


def rows(*values: tuple[float, float]) -> npt.NDArray[np.float32]:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        ((12.0, 0.0), [0.5, 0.25, -1.0]),
        ((8.0, 1.0), [-0.5, -0.25, -1.0]),
        ((np.nan, np.nan), [0.0, 0.0, -1.0]),
        ((np.inf, 2.0), [0.0, 0.0, -1.0]),
        ((10.0, -1.0), [0.0, 0.0, -1.0]),
    ],
)
def test_contributions_are_the_terms_and_sum_to_the_margin(row: tuple[float, float], parts: list[float]) -> None:
    assert SCORER.contributions(rows(row)).tolist() == [parts]
    assert SCORER.margin(rows(row)).tolist() == [sum(parts)]


def test_json_comes_back_the_same() -> None:
    assert parse_scorer("linear", SCORER.to_text()) == SCORER


def test_fit_agrees_with_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(3)
    X = random.normal([5, -2, 0], [3, 1, 2], (400, 3)).astype(np.float32)
    labels = (X[:, 0] - 5 + random.normal(0, 3, 400) > 2).astype(np.int8)
    scaled = StandardScaler().fit_transform(X.astype(np.float64))
    rival = LogisticRegression(C=0.1, tol=1e-10, max_iter=1000).fit(scaled, labels)

    margin = fit_linear(X, labels, [False] * 3, strength=0.1).margin(X)

    np.testing.assert_allclose(margin, rival.decision_function(scaled), rtol=0, atol=1e-5)


def test_fit_learns_numbers_and_categories_with_holes() -> None:
    random = np.random.default_rng(4)
    X = np.column_stack([random.normal(size=2000), random.integers(0, 3, 2000)]).astype(np.float32)
    labels = (random.random(2000) < sigmoid((X[:, 0] + 2.0 * (X[:, 1] == 2)).astype(np.float64))).astype(np.int8)
    X[::7, 0] = np.nan

    number, category = fit_linear(X, labels, [False, True]).terms

    assert isinstance(number, NumberTerm)
    assert 0.7 < number.weight < 1.3
    assert isinstance(category, CategoryTerm)
    assert 1.6 < category.weights[2] - category.weights[0] < 2.4


def test_fit_survives_columns_that_say_nothing() -> None:
    X = np.column_stack([np.full(50, np.nan), np.ones(50), np.full(50, np.nan)]).astype(np.float32)

    scorer = fit_linear(X, (np.arange(50) % 5 == 0).astype(np.int8), [False, False, True])

    np.testing.assert_allclose(sigmoid(scorer.margin(X)), 0.2)


def test_separable_rows_have_finite_weights_without_a_penalty() -> None:
    design = np.column_stack([np.ones(40), np.arange(40.0)])

    weights = fit_logistic(design, (np.arange(40) >= 20).astype(np.float64), np.zeros(2))

    assert np.isfinite(weights).all()
    assert log_losses(design @ weights, (np.arange(40) >= 20).astype(np.float64)).sum() < 0.1


def test_vectors_of_another_width_are_refused() -> None:
    with pytest.raises(RefusedError, match="meet a model of 2 features"):
        SCORER.margin(np.zeros((1, 3), np.float32))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "holds list"),
        ('{"intercept": NaN, "terms": []}', "NaN is not a number in JSON"),
        ('{"intercept": 1}', "lacks a key"),
        ('{"intercept": "1", "terms": []}', "'1' is not a finite number"),
        ('{"intercept": 1e999, "terms": []}', "inf is not a finite number"),
        (json.dumps({"intercept": 0, "terms": [{"mean": 0, "scale": 0, "weight": 1}]}), "scale 0.0 is not positive"),
        (json.dumps({"intercept": 0, "terms": [7]}), "lacks a key"),
    ],
)
def test_damage_is_named(written: str, sentence: str) -> None:
    with pytest.raises(DamagedError, match=sentence):
        parse_scorer("linear", written)


def test_an_unknown_form_is_damage() -> None:
    with pytest.raises(DamagedError, match="there are rule, linear, forest, two_stage, bgnbd, mean"):
        parse_scorer("deep", "{}")


def test_on_a_logarithm_a_long_tail_does_not_rule() -> None:
    random = np.random.default_rng(3)
    amounts = np.exp(random.normal(0, 3, 4_000)).astype(np.float32)[:, None]
    labels = (random.random(4_000) < 1 / (1 + np.exp(-np.log(amounts[:, 0])))).astype(np.int8)

    plain, on_log = (fit_linear(amounts, labels, [False], is_log=is_log) for is_log in (False, True))

    def loss(scorer: LinearScorer) -> float:
        return float(log_losses(scorer.margin(amounts), labels.astype(float)).mean())

    assert loss(on_log) < loss(plain) - 0.1
    assert parse_scorer("linear", on_log.to_text()) == on_log


def test_rows_beyond_what_a_design_holds_are_passed_over_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(4)
    X, y = random.normal(size=(900, 2)).astype(np.float32), random.integers(0, 2, 900)
    monkeypatch.setattr("limner.models.linear._MOST_NUMBERS", 700)

    found = fit_linear(X, y, [False, False])

    some, others = (fit_linear(X[at::4], y[at::4], [False, False]).margin(X) for at in range(2))
    assert np.abs(found.margin(X) - some).max() < 0.1 < np.abs(found.margin(X) - others).max()


def test_a_category_of_very_many_codes_is_left_to_others() -> None:
    codes = np.arange(400, dtype=np.float32)[:, None] % 101

    found = fit_linear(codes, codes[:, 0] > 50, [True])

    assert found.terms == (CategoryTerm(()),)
    assert np.ptp(found.margin(codes)) == 0.0
