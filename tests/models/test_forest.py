import random
import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.errors import DamagedError, RefusedError
from limner.models.forest import parse_forest_scorer
from limner.models.scorer import parse_scorer

from .boosters import Shape, odd_vectors, text, train, vectors
from .oracle_shap import shapley

SHAPES = [
    Shape(rounds=1, leaves=2),
    Shape(seed=1, leaves=31, depth=3),
    Shape(seed=2, leaves=63, rounds=40),
    Shape(seed=3, zero_as_missing=True),
    Shape(seed=4, use_missing=False),
    Shape(seed=5, bagging=0.6),
    Shape(seed=6, rounds=300, leaves=4),
    Shape(seed=7, codes=3),
    Shape(seed=8, rows=2000, leaves=127, rounds=3, features=24),
    Shape(seed=9, rows=2000, leaves=64, rounds=6, features=40),
    Shape(seed=10, rows=100, leaves=3, rounds=1000),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_margins_are_the_bits_that_lightgbm_predicts(shape: Shape) -> None:
    booster, X = train(shape), odd_vectors(shape)

    margin = parse_forest_scorer(booster.model_to_string()).margin(X)

    np.testing.assert_array_equal(margin, booster.predict(X, raw_score=True))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_contributions_are_those_of_lightgbm_and_sum_to_the_margin(shape: Shape) -> None:
    booster, X = train(shape), odd_vectors(shape)[:100]
    scorer = parse_forest_scorer(booster.model_to_string())

    parts = scorer.contributions(X)

    np.testing.assert_allclose(parts.sum(axis=1), scorer.margin(X), rtol=0, atol=1e-9)
    np.testing.assert_allclose(parts, booster.predict(X, pred_contrib=True), rtol=0, atol=1e-5)


@settings(deadline=None, max_examples=15)
@given(
    st.builds(
        Shape,
        seed=st.integers(0, 2**20),
        rows=st.integers(20, 200),
        codes=st.integers(2, 100),
        leaves=st.integers(2, 40),
        rounds=st.integers(1, 12),
        depth=st.integers(-1, 6),
        zero_as_missing=st.booleans(),
        use_missing=st.booleans(),
    )
)
def test_any_model_is_scored_as_lightgbm_does(shape: Shape) -> None:
    booster, X = train(shape), odd_vectors(shape)
    scorer = parse_forest_scorer(booster.model_to_string())

    np.testing.assert_array_equal(scorer.margin(X), booster.predict(X, raw_score=True))
    np.testing.assert_allclose(scorer.contributions(X), booster.predict(X, pred_contrib=True), rtol=0, atol=1e-5)


def test_contributions_are_shapley_values_by_their_definition() -> None:
    shape = Shape(rounds=3, codes=1, features=5, use_missing=False)
    scorer = parse_forest_scorer(text(shape))
    X = np.nan_to_num(vectors(shape)[:5])

    parts = scorer.contributions(X)

    expected = [[shapley(scorer.trees, row, feature) for feature in range(5)] for row in X]
    np.testing.assert_allclose(parts[:, :-1], expected, rtol=0, atol=1e-12)


def test_a_forest_of_one_leaf_answers_with_its_base() -> None:
    scorer = parse_forest_scorer(text(Shape(rows=5)))

    parts = scorer.contributions(np.zeros((2, 6), np.float32))

    assert len(scorer.trees[0].value) == 1
    np.testing.assert_array_equal(parts[:, :-1], 0.0)
    np.testing.assert_array_equal(parts[:, -1], scorer.margin(np.zeros((2, 6), np.float32)))


def test_no_rows_have_no_margins() -> None:
    scorer = parse_forest_scorer(small())

    assert scorer.margin(np.zeros((0, 6), np.float32)).shape == (0,)
    assert scorer.contributions(np.zeros((0, 6), np.float32)).shape == (0, 7)


def test_text_comes_back_unchanged() -> None:
    assert parse_scorer("forest", small()).to_text() == small()


def test_vectors_of_another_width_are_refused() -> None:
    with pytest.raises(RefusedError, match=r"shape \(2, 5\) meet a model of 6 features"):
        parse_forest_scorer(small()).margin(np.zeros((2, 5), np.float32))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("num_class=1", "num_class=3", "num_class=3 cannot be scored"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=3", "num_tree_per_iteration=3 cannot"),
        ("binary sigmoid:1", "regression", "objective=regression cannot"),
        ("binary sigmoid:1", "binary sigmoid:2", "objective=binary sigmoid:2 cannot"),
        ("version=v4", "version=v9", "version=v9 cannot"),
        ("is_linear=0", "is_linear=1", "tree 0 of the LightGBM model is linear"),
    ],
)
def test_other_kinds_of_model_are_refused(old: str, new: str, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        parse_forest_scorer(resized(small().replace(old, new, 1)))


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("num_leaves", "99999999999", "holds 4 numbers where 99999999998 belong"),
        ("num_leaves", "0", "are no counts"),
        ("split_feature", "0 0 0", "holds 3 numbers where 4 belong"),
        ("split_feature", "0 0 0 6", "not among the 6"),
        ("split_feature", "0 0 0 -1", "not among the 6"),
        ("leaf_value", "0.1 0.2 nan 0.4 0.5", "no finite number"),
        ("leaf_value", "0.1 0.2 1e999 0.4 0.5", "not finite"),
        ("leaf_value", "0.1 0.2 1e9e9 0.4 0.5", "holds what is no number"),
        ("leaf_value", None, "leaf_value is missing"),
        ("left_child", "0 0 0 0", "each of its nodes and leaves once"),
        ("decision_type", "16 2 2 2", "unknown bits"),
        ("internal_count", "1 1 1 1", "do not add up"),
        ("leaf_count", "-5 1 1 1 1", "negative"),
    ],
)
def test_damage_to_a_tree_is_named(key: str, value: str | None, sentence: str) -> None:
    with pytest.raises(DamagedError, match=f"tree 0 of the LightGBM model is damaged: .*{sentence}"):
        parse_forest_scorer(resized(edited(small(), key, value)))


def test_a_walk_that_would_not_end_is_refused() -> None:
    found = parse_forest_scorer(small()).trees[0]
    left, right = np.roll(found.left, 1).tolist(), np.roll(found.right, 1).tolist()
    damaged = edited(edited(small(), "left_child", " ".join(map(str, left))), "right_child", " ".join(map(str, right)))

    with pytest.raises(DamagedError, match="a node comes before its parent"):
        parse_forest_scorer(resized(damaged))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda model: "", "end of trees"),
        (lambda model: model[:-9000], "end of trees"),
        (lambda model: model.replace("leaf_value=", "leaf_value=1 ", 1), "tree_sizes add up"),
        (lambda model: model.replace("max_feature_idx=5", "max_feature_idx=7"), "does not fit the feature_names"),
        (lambda model: model.replace("Tree=1\n", "Tree=7\n"), 'begins with "Tree=7"'),
        (lambda model: model.replace("num_class=1\n", "num_class=1\nnum_class=1\n", 1), "num_class stands there twice"),
    ],
)
def test_damage_to_the_text_is_named(damage: Callable[[str], str], sentence: str) -> None:
    with pytest.raises(DamagedError, match=sentence):
        parse_forest_scorer(damage(small()))


def test_no_damage_ends_the_process_or_makes_nonsense() -> None:
    refused, X = 0, odd_vectors(Shape())[:20]
    model = small().partition("end of trees")[0] + "end of trees\n"
    for seed in range(500):
        try:
            scorer = parse_forest_scorer(mutated(model, seed))
        except RefusedError:
            refused += 1
        else:
            assert np.isfinite(scorer.margin(X)).all()
            assert np.isfinite(scorer.contributions(X)).all()

    assert refused > 200


@cache
def small() -> str:
    return text(Shape(rounds=4, leaves=5))


def edited(model: str, key: str, value: str | None) -> str:
    start = model.index(f"{key}=", model.index("Tree=0"))
    end = model.index("\n", start)
    return model[:start] + (f"{key}={value}" if value is not None else "") + model[end:]


def resized(model: str) -> str:
    found = re.fullmatch(r"(.*\ntree_sizes=)[^\n]*(\n.*?\n)(Tree=0\n.*)(\nend of trees\n.*)", model, re.DOTALL)
    if not found:
        return model
    head, middle, trees, end = found.groups()
    sizes = [len(f"Tree={block}") for block in f"{trees}\n".split("Tree=")[1:]]
    return f"{head}{' '.join(map(str, sizes))}{middle}{trees}{end}"


def mutated(model: str, seed: int) -> str:
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 3)):
        at, other = chance.randrange(len(model)), chance.randrange(len(model))
        replaced = model[:at] + chance.choice("0123456789-. e=\nxé") + model[at + 1 :]
        cut = model[:at] + model[at + chance.randint(1, 9) :]
        copied = model[:at] + model[other : other + 9] + model[at + 9 :]
        model = chance.choice([replaced, cut, copied])
    return resized(model) if chance.random() < 0.5 else model
