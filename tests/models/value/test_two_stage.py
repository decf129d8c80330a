import json

import numpy as np
import pytest

from limner.errors import DamagedError
from limner.models.fit import Fitting, fit
from limner.models.scorer import Scorer, parse_scorer
from limner.models.table import Table, table_of
from limner.models.two_stage import TwoStageScorer
from tests.models.value.world import paying_world

SMALL = {"num_leaves": 6, "min_data_in_leaf": 20, "rounds": 8}


def rows() -> Table:
    return table_of(paying_world(60), "features")


def two_stages() -> Scorer:
    table = rows()
    params = {"chance": SMALL, "amount": {**SMALL, "objective": "gamma"}}
    return fit(Fitting("two_stage", "features", table.names, params, 16, 7), table)


def test_the_margin_is_the_logarithm_of_chance_times_amount() -> None:
    scorer, X = two_stages(), rows().vectors
    assert isinstance(scorer, TwoStageScorer)
    expected = 1 / (1 + np.exp(-scorer.chance.margin(X))) * np.exp(scorer.amount.margin(X))
    np.testing.assert_allclose(np.exp(scorer.margin(X)), expected)


def test_what_features_add_comes_to_the_margin() -> None:
    scorer, X = two_stages(), rows().vectors
    np.testing.assert_allclose(scorer.contributions(X).sum(axis=1), scorer.margin(X), atol=1e-9)


def test_a_chance_pulls_to_the_side_to_which_it_pulls_alone() -> None:
    scorer, X = two_stages(), rows().vectors
    assert isinstance(scorer, TwoStageScorer)
    of_chance = scorer.contributions(X)[:, :-1] - scorer.amount.contributions(X)[:, :-1]
    alone = scorer.chance.contributions(X)[:, :-1]
    far = np.abs(alone) > 1e-6
    assert (np.sign(of_chance[far]) == np.sign(alone[far])).all()


def test_two_stages_come_back_as_they_were() -> None:
    scorer, X = two_stages(), rows().vectors
    again = parse_scorer("two_stage", scorer.to_text())
    np.testing.assert_array_equal(again.margin(X), scorer.margin(X))
    assert (again.form, again.n_features) == ("two_stage", X.shape[1])


@pytest.mark.parametrize("gone", ["chance", "amount"])
def test_a_stage_that_is_gone_is_damage(gone: str) -> None:
    written = json.loads(two_stages().to_text())
    del written[gone]
    with pytest.raises(DamagedError, match="lacks one of them"):
        parse_scorer("two_stage", json.dumps(written))


@pytest.mark.parametrize("objective", ["tweedie", "gamma"])
def test_trees_of_amounts_are_scored_here_to_the_bit(objective: str) -> None:
    from limner.models.forest import ForestScorer
    from limner.models.forest_check import difference

    params = {"num_leaves": 6, "min_data_in_leaf": 20, "objective": objective}
    scorer = fit(Fitting("forest", "features", rows().names, params, 8, 7), rows())
    assert isinstance(scorer, ForestScorer)
    assert difference(scorer) is None
