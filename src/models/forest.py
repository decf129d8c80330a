"""Gradient-boosted trees as LightGBM wrote them, scored and explained without LightGBM."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from .forest_arrays import Paths, Trees, paths_of, trees_of
from .forest_kernel import add_contributions, margins
from .forest_text import Tree, parse_trees
from .matrix import Matrix, checked_matrix

__all__ = ["ForestScorer", "parse_forest_scorer"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ForestScorer:
    """A LightGBM model of a binary outcome; `text` is what it was read from."""

    text: str
    n_features: int
    trees: tuple[Tree, ...]

    @property
    def form(self) -> Literal["forest"]:
        """Which kind of model it is."""
        return "forest"

    def margin(self, X: Matrix) -> Floats:
        """The log-odds of each row, `(n_rows,)`: the very bits that LightGBM predicts."""
        return margins(checked_matrix(X, self.n_features), self._flat)

    def contributions(self, X: Matrix) -> Floats:
        """What each feature adds, `(n_rows, n_features + 1)`, by exact TreeSHAP; the mean margin in training last."""
        parts = np.zeros((len(X), self.n_features + 1))
        add_contributions(checked_matrix(X, self.n_features), self._flat, self._paths, parts)
        parts[:, -1] = self._base
        return parts

    def to_text(self) -> str:
        """The text of the model, unchanged."""
        return self.text

    @cached_property
    def _flat(self) -> Trees:
        return trees_of(self.trees)

    @cached_property
    def _paths(self) -> Paths:
        return paths_of(self.trees)

    @cached_property
    def _base(self) -> float:
        return float(sum(_mean_leaf(tree) for tree in self.trees))


def parse_forest_scorer(text: str) -> ForestScorer:
    """The scorer of a LightGBM text model.

    Raises:
        DamagedError: the text is cut, changed, or contradicts itself.
        RefusedError: the model is sound but of a kind that cannot be scored here.
    """
    n_features, trees = parse_trees(text)
    return ForestScorer(text, n_features, trees)


def _mean_leaf(tree: Tree) -> float:
    if not len(tree.feature):
        return float(tree.value[0])
    return float(tree.value @ tree.leaf_count / tree.node_count[0])
