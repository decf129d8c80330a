import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.models import forest_pieces
from limner.models.forest import parse_forest_scorer
from limner.models.forest_pieces import Piece, pieces_of, ways_of
from limner.models.forest_text import Tree

from .boosters import Shape, odd_vectors, text

DEEP = Shape(seed=8, rows=2000, leaves=60, rounds=3, features=24)


def pieces(trees: tuple[Tree, ...]) -> list[list[Piece]]:
    return pieces_of(trees, [ways_of(tree) for tree in trees])


@settings(deadline=None, max_examples=10)
@given(st.builds(Shape, seed=st.integers(0, 2**20), leaves=st.integers(2, 70), rounds=st.integers(1, 4)))
def test_every_leaf_is_in_one_piece(shape: Shape) -> None:
    trees = parse_forest_scorer(text(shape)).trees

    for tree, found in zip(trees, pieces(trees), strict=True):
        leaves = sorted(leaf for piece in found for leaf in piece.leaves)
        assert leaves == (list(range(len(tree.value))) if len(tree.feature) else [])


def test_a_small_tree_is_one_piece_that_depends_on_its_nodes() -> None:
    trees = parse_forest_scorer(text(Shape(rounds=1, leaves=4))).trees

    (found,) = pieces(trees)

    assert len(found) == 1
    assert sorted(found[0].conditions) == [[(0, True)], [(1, True)], [(2, True)]]
    assert found[0].features == sorted(set(trees[0].feature.tolist()))


def test_pieces_have_no_more_conditions_than_a_table_can_hold() -> None:
    found = [piece for of_tree in pieces(parse_forest_scorer(text(DEEP)).trees) for piece in of_tree]

    assert {piece.has_table for piece in found} == {True}
    assert max(len(piece.conditions) for piece in found if len(piece.leaves) > 1) == 10
    assert max(len(piece.conditions) for piece in found) <= 12


@pytest.mark.parametrize(("conditions", "of_a_leaf"), [(1, 1), (2, 3), (4, 4), (6, 9), (12, 12)])
def test_contributions_do_not_depend_on_how_trees_are_cut(
    conditions: int, of_a_leaf: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, X = text(DEEP), odd_vectors(DEEP)[:200]
    expected = parse_forest_scorer(model).contributions(X)
    monkeypatch.setattr(forest_pieces, "_MOST_CONDITIONS", conditions)
    monkeypatch.setattr(forest_pieces, "_MOST_OF_A_LEAF", of_a_leaf)

    parts = parse_forest_scorer(model).contributions(X)

    np.testing.assert_allclose(parts, expected, rtol=0, atol=1e-13)


def test_tables_that_would_fill_the_memory_are_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = parse_forest_scorer(text(DEEP)).trees
    monkeypatch.setattr(forest_pieces, "MOST_NUMBERS", 3_000)

    found = [piece for of_tree in pieces(trees) for piece in of_tree]

    assert sum(len(one.features) << len(one.conditions) for one in found if one.has_table) <= 3_000
    assert {piece.has_table for piece in found} == {True, False}
