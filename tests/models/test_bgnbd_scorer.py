import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from limner.errors import DamagedError, RefusedError
from limner.models.bgnbd import Buying, Histories
from limner.models.bgnbd_scorer import BgnbdScorer, Columns, fit_bgnbd
from limner.models.scorer import parse_scorer

BUYING = Buying(0.25, 30.0, 0.8, 2.5)
AT = Columns(recency=3, frequency=4, events=0, gap=1)
SCORER = BgnbdScorer(6, AT, BUYING, 56.0, 2.0, (40.0, 1.0, 12.0), 200.0)
USUAL = (40, 2, 4, 4)


def rows(*told: tuple[float, float, float, float]) -> npt.NDArray[np.float32]:
    """Vectors of recency, days with purchases, purchases and mean gap, with two columns in which nothing is read."""
    X = np.full((len(told), 6), np.nan, np.float32)
    X[:, AT] = told
    return X


NEVER = (np.nan, 0, 0, np.nan)
X = rows((30, 1, 1, np.nan), (3, 5, 9, 5), (90, 2, 2, 60), (150, 0, 0, np.nan), NEVER)


@pytest.mark.parametrize(
    ("row", "repeats", "last", "age"),
    [
        ((30, 1, 1, np.nan), 0.0, 0.0, 30.0),
        ((3, 5, 9, 5), 4.0, 40.0, 43.0),
        ((150, 0, 0, np.nan), 0.0, 0.0, 150.0),
        (NEVER, 0.0, 0.0, 200.0),
    ],
)
def test_a_history_is_told_from_four_columns(
    row: tuple[float, float, float, float], repeats: float, last: float, age: float
) -> None:
    known = Histories(np.array([repeats]), np.array([last]), np.array([age]))
    assert np.exp(SCORER.margin(rows(row))) == pytest.approx(2.0 * np.exp(BUYING.log_expected(known, 56.0)))


def test_what_columns_add_comes_to_the_margin() -> None:
    parts = SCORER.contributions(X)

    np.testing.assert_allclose(parts.sum(axis=1), SCORER.margin(X), atol=1e-12)
    assert (parts[:, [0, 2, 5]] == 0).all()
    np.testing.assert_allclose(parts[:, 6], SCORER.margin(rows(USUAL))[0])


def test_what_is_as_usual_adds_nothing_and_a_purchase_of_late_lifts() -> None:
    usual, late = SCORER.contributions(rows(USUAL, (1, *USUAL[1:])))

    assert usual[:6].tolist() == [0.0] * 6
    assert late[[0, 1, 2, 4, 5]].tolist() == [0.0] * 5
    assert late[3] > 0.1


def test_a_longer_time_holds_more_times_as_much_of_who_buys_seldom() -> None:
    seldom_and_often = rows((300, 1, 1, np.nan), (5, 1, 1, np.nan))
    seldom, often = np.exp(SCORER.over(280.0).margin(seldom_and_often) - SCORER.margin(seldom_and_often))
    assert 1 < often < seldom < 5


def test_fitted_to_rows_it_comes_back_the_same() -> None:
    scorer = fit_bgnbd(X, np.array([0.0, 3.0, 1.0, 0.0, 0.0]), AT, 56.0)

    assert (scorer.typical, scorer.longest, scorer.unit) == ((60.0, 0.0, 0.0), 150.0, 1.5)
    assert parse_scorer("bgnbd", scorer.to_text()) == scorer


def test_where_a_purchase_is_of_two_events_twice_as_many_are_expected_and_all_else_is_the_same() -> None:
    random = np.random.default_rng(2)
    days, recency, gap = random.integers(1, 6, 400), random.uniform(1, 90, 400), random.uniform(1, 30, 400)
    came = random.poisson(days / 4).astype(np.float64)

    def fitted(unit: int) -> BgnbdScorer:
        gaps = gap * (days - 1) / np.maximum(unit * days - 1, 1)
        return fit_bgnbd(rows(*zip(recency, days, unit * days, gaps, strict=True)), unit * came, AT, 56.0)

    assert fitted(2).unit == 2.0
    assert fitted(2).buying == pytest.approx(fitted(1).buying, rel=1e-3)


def test_columns_of_which_nothing_is_known_do_no_harm() -> None:
    empty = np.full((4, 6), np.nan, np.float32)
    scorer = fit_bgnbd(empty, np.array([0.0, 0.0, 1.0, 0.0]), AT, 56.0)
    assert np.isfinite(scorer.margin(empty)).all()


def test_vectors_of_another_width_are_refused() -> None:
    with pytest.raises(RefusedError, match="meet a model of 6 features"):
        SCORER.margin(np.zeros((1, 5), np.float32))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"columns": {**AT._asdict(), "gap": 6}}, "reads columns"),
        ({"columns": {**AT._asdict(), "gap": 4}}, "reads columns"),
        ({"columns": [3, 4, 0, 1]}, "lacks a key"),
        ({"columns": {"recency": 3}}, "lacks a key"),
        ({"buying": {"r": 0.2}}, "lacks a key"),
        ({"buying": [0.2]}, "lacks a key"),
        ({"buying": {**BUYING._asdict(), "a": 0.0}}, "not positive"),
        ({"buying": {**BUYING._asdict(), "a": "1"}}, "not a finite number"),
        ({"days": -1.0}, "not positive"),
        ({"unit": 0.0}, "not positive"),
        ({"typical": [1.0, -2.0, 3.0]}, "not positive"),
        ({"typical": [1.0, 2.0]}, "lacks a key"),
        ({"longest": None}, "not a finite number"),
    ],
)
def test_a_damaged_text_is_refused(changed: dict[str, Any], said: str) -> None:
    text = json.dumps({**json.loads(SCORER.to_text()), **changed})
    with pytest.raises(DamagedError, match=said):
        parse_scorer("bgnbd", text)
