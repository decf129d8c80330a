from dataclasses import replace

import numpy as np
import pytest

from limner.models.fit import Fitting, fit
from limner.models.forest_average import raised
from limner.models.levels import codes_of, levels_of
from limner.models.logistic import sigmoid
from limner.models.objectives import OBJECTIVES
from limner.models.scorer import parse_scorer
from limner.models.table import Table
from tests.models.tables import table

N_PERIODS, N_USERS = 20, 400
FORMS = {
    "linear": {"strength": 1.0, "is_log": False},
    "forest": {"learning_rate": 0.1, "num_leaves": 8, "min_data_in_leaf": 20},
}


def waning() -> Table:
    """Who is known for longer comes more often among those of one day, but all come less with every day."""
    random = np.random.default_rng(2)
    day = np.repeat(np.arange(N_PERIODS), N_USERS)
    known = random.uniform(0, 4, len(day)) + day
    labels = (random.random(len(day)) < sigmoid(1.2 * (known - day - 2.0) - 0.25 * (day - 10))).astype(np.int8)
    return Table(known[:, None].astype(np.float32), labels, ("known",), (False,), periods=day.astype(np.int64))


def fitted(form: str, told: Table) -> np.ndarray:
    fitting = Fitting(form, "features", told.names, FORMS[form], 60, 7)  # type: ignore[arg-type]
    return fit(fitting, told).margin(told.vectors)


def ranked(margins: np.ndarray, told: Table) -> float:
    newest = np.flatnonzero(told.periods == N_PERIODS - 1)
    return float(np.corrcoef(margins[newest], told.vectors[newest, 0])[0, 1])


@pytest.mark.parametrize("form", FORMS)
def test_a_feature_is_not_credited_with_the_levels_of_periods(form: str) -> None:
    told = waning()

    assert ranked(fitted(form, told), told) > 0.8 > ranked(fitted(form, replace(told, periods=None)), told)


@pytest.mark.parametrize("form", FORMS)
def test_a_model_answers_at_the_level_of_all_rows(form: str) -> None:
    told = waning()

    assert sigmoid(fitted(form, told)).mean() == pytest.approx(told.labels.mean(), abs=0.01)


@pytest.mark.parametrize("form", FORMS)
def test_rows_of_one_period_are_learned_from_as_ever(form: str) -> None:
    told = table(500)

    apart = fitted(form, replace(told, periods=np.zeros(500, np.int64)))

    np.testing.assert_allclose(apart, fitted(form, told), atol=1e-6)


def test_levels_are_the_log_odds_of_periods_drawn_towards_all() -> None:
    told = replace(table(1_000), labels=np.repeat([0, 1], 500).astype(np.int8), periods=np.repeat([7, 9], 500))

    found = levels_of(told, OBJECTIVES["binary"])

    expected = np.log(510 / 10)
    assert found is not None
    np.testing.assert_allclose(found[[0, 999]], [-expected, expected])


def test_neighbours_share_a_level_where_periods_are_very_many() -> None:
    codes = codes_of(replace(table(1_000), periods=np.arange(1_000) // 4))

    assert codes is not None
    assert (np.diff(codes) >= 0).all()
    assert len(np.unique(codes)) == codes.max() + 1 <= 100


def test_a_forest_that_is_raised_answers_that_much_higher() -> None:
    told = table(500)
    scorer = fit(Fitting("forest", "features", told.names, FORMS["forest"], 5, 7), told)

    higher = parse_scorer("forest", raised(scorer.to_text(), 0.75))

    np.testing.assert_allclose(higher.margin(told.vectors), scorer.margin(told.vectors) + 0.75)
    np.testing.assert_allclose(
        higher.contributions(told.vectors).sum(axis=1), scorer.contributions(told.vectors).sum(axis=1) + 0.75
    )
