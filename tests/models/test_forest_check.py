import logging

import lightgbm as lgb
import numpy as np
import pytest

from limner.errors import DamagedError, RefusedError
from limner.models.forest import ForestScorer, parse_forest_scorer
from limner.models.forest_check import difference, proven_forest, telling_rows
from limner.models.forest_reference import ReferenceScorer
from limner.models.scorer import parse_scorer

from .boosters import QUIET, Matrix, Shape, labels, odd_vectors, text, train, vectors

SHAPE = Shape(leaves=15)
REFERENCE_WARNING = "LightGBM itself will score this model, the same but slower"


def linear() -> lgb.Booster:
    X = vectors(SHAPE)
    return lgb.train({**QUIET, "linear_tree": True, "min_data_in_leaf": 3}, lgb.Dataset(X, labels(SHAPE, X)), 5)


@pytest.mark.parametrize("shape", [SHAPE, Shape(seed=2, leaves=80, rows=900), Shape(zero_as_missing=True)], ids=str)
def test_a_model_that_is_scored_to_the_bit_is_left_as_it_is(shape: Shape) -> None:
    scorer = proven_forest(text(shape))

    assert isinstance(scorer, ForestScorer)
    assert scorer.to_text() == text(shape)


def test_rows_that_tell_stand_on_both_sides_of_every_threshold() -> None:
    scorer = parse_forest_scorer(text(Shape(leaves=4, rounds=3)))

    X = telling_rows(scorer)

    for tree in scorer.trees:
        for feature, threshold in zip(tree.feature[tree.decision & 1 == 0], tree.threshold, strict=False):
            assert (X[:, feature] <= threshold).any()
            assert (X[:, feature] > threshold).any()
    np.testing.assert_array_equal(X, telling_rows(scorer))


@pytest.mark.parametrize(("method", "off"), [("margin", 1e-15), ("contributions", 1e-4)])
def test_a_model_that_differs_is_left_to_lightgbm_with_a_warning(
    method: str, off: float, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    booster, X, right = train(SHAPE), odd_vectors(SHAPE), getattr(ForestScorer, method)
    monkeypatch.setattr(ForestScorer, method, lambda self, X: right(self, X) + off)

    scorer = proven_forest(booster.model_to_string())

    assert [(one.levelno, one.message.split("; ")[1]) for one in caplog.records] == [
        (logging.WARNING, REFERENCE_WARNING)
    ]
    assert_scored_by(booster, scorer.to_text(), X)


def test_a_linear_forest_is_left_to_lightgbm_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    booster, X = linear(), vectors(SHAPE)

    scorer = proven_forest(booster.model_to_string())

    assert "tree 0 of the LightGBM model is linear" in caplog.text
    assert_scored_by(booster, scorer.to_text(), X, explained=False)


def test_a_model_that_is_no_forest_of_one_outcome_is_refused() -> None:
    X = vectors(SHAPE)
    many = lgb.train({**QUIET, "objective": "multiclass", "num_class": 3}, lgb.Dataset(X, np.arange(len(X)) % 3), 2)

    with pytest.raises(RefusedError, match=r"num_class=3 cannot be scored here.*train with objective=binary"):
        proven_forest(many.model_to_string())


def test_a_damaged_model_is_not_handed_to_lightgbm() -> None:
    with pytest.raises(DamagedError, match="tree_sizes add up"):
        proven_forest(text(SHAPE).replace("leaf_value=", "leaf_value=1 ", 1))


def test_no_rows_have_no_margins_by_lightgbm_either() -> None:
    scorer = ReferenceScorer.read(text(SHAPE))

    assert scorer.margin(np.zeros((0, 6), np.float32)).shape == (0,)
    assert scorer.contributions(np.zeros((0, 6), np.float32)).shape == (0, 7)


def test_a_sentence_tells_how_many_margins_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForestScorer, "margin", lambda self, X: np.full(len(X), 9.0))

    assert difference(parse_forest_scorer(text(SHAPE))) == "2000 of 2000 margins are not those of LightGBM"


def assert_scored_by(booster: lgb.Booster, written: str, X: Matrix, explained: bool = True) -> None:
    read = parse_scorer("forest", written)

    assert isinstance(read, ReferenceScorer)
    assert (read.form, read.n_features, read.to_text()) == ("forest", 6, written)
    np.testing.assert_array_equal(read.margin(X), booster.predict(X, raw_score=True))
    if explained:
        np.testing.assert_array_equal(read.contributions(X), booster.predict(X, pred_contrib=True))
