"""Gradient-boosted trees as LightGBM wrote them, scored and explained without LightGBM."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from .forest_arrays import Trees, trees_of
from .forest_columns import Columns, Places, columns_of
from .forest_kernel import walked_margins
from .forest_kernel_block import new_block
from .forest_kernel_margin import add_margins
from .forest_kernel_parts import add_parts, new_room
from .forest_splits import Splits, splits_of
from .forest_tables import Tables, tables_of
from .forest_text import Tree, parse_trees
from .forest_turns import Turns, turns_of
from .matrix import Matrix, checked_matrix

__all__ = ["ForestScorer", "parse_forest_scorer"]

Floats = npt.NDArray[np.float64]

_ROWS_TO_SCORE = 256  # so that a block stays in the processor's second cache
_ROWS_TO_EXPLAIN = 4096  # so that a table, once fetched, serves many rows


@dataclass(frozen=True)
class ForestScorer:
    """A LightGBM model of one outcome; `text` is what it was read from."""

    text: str
    n_features: int
    trees: tuple[Tree, ...]

    @property
    def form(self) -> Literal["forest"]:
        """Which kind of model it is."""
        return "forest"

    def margin(self, X: Matrix) -> Floats:
        """The raw score of each row, `(n_rows,)`: log-odds or a logarithm, the very bits that LightGBM predicts."""
        X = checked_matrix(X, self.n_features)
        columns, _ = self._columns
        splits = self._splits
        if splits is None:
            return walked_margins(X, self._walked)
        sums, n = np.zeros(len(X)), _block_size(X, _ROWS_TO_SCORE)
        add_margins(X, columns, splits, new_block(columns, n), np.empty(n, splits.kept.dtype), sums)
        return sums

    def contributions(self, X: Matrix) -> Floats:
        """What each feature adds, `(n_rows, n_features + 1)`, by exact TreeSHAP; the mean margin in training last."""
        X = checked_matrix(X, self.n_features)
        parts, n = np.zeros((len(X), self.n_features + 1)), _block_size(X, _ROWS_TO_EXPLAIN)
        columns, turns, tables = self._explained
        add_parts(X, self._explained, new_block(columns, n), new_room(turns, tables, n), parts)
        parts[:, -1] = self._base
        return parts

    def to_text(self) -> str:
        """The text of the model, unchanged."""
        return self.text

    @cached_property
    def _columns(self) -> tuple[Columns, Places]:
        return columns_of(self.trees)

    @cached_property
    def _splits(self) -> Splits | None:
        return splits_of(self.trees, self._columns[1])

    @cached_property
    def _walked(self) -> Trees:
        return trees_of(self.trees)

    @cached_property
    def _explained(self) -> tuple[Columns, Turns, Tables]:
        columns, places = self._columns
        return columns, turns_of(self.trees, places), tables_of(self.trees)

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


def _block_size(X: Matrix, most: int) -> int:
    return max(1, min(len(X), most))
