"""Margins in machine code, block by block: a vector of rows meets each split at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba.cpython.unsafe.numbers import trailing_zeros

from ..features.kernel_cache import inlined, lean
from .forest_columns import Columns
from .forest_kernel_block import Block, load_block
from .forest_splits import Splits

__all__ = ["add_margins"]


@lean
def add_margins(
    X: npt.NDArray[np.float32],
    columns: Columns,
    splits: Splits,
    block: Block,
    left: npt.NDArray[np.uint32],
    sums: npt.NDArray[np.float64],
) -> None:
    """Add to `sums` (n_rows,) the leaves that each row of `X` (n_rows, n_features) falls into, tree by tree.

    `block` is room for some rows, and `left` (n_rows of a block,) for the leaves that each can still reach.

    Source: Lucchese et al. (2015), QuickScorer: a fast algorithm to rank documents with additive ensembles
    of regression trees, SIGIR.
    """
    for start in range(0, len(X), len(left)):
        n = min(len(left), len(X) - start)
        load_block(X, start, n, columns, block)
        for tree in range(len(splits.first_leaf)):
            for row in range(n):
                left[row] = ~left.dtype.type(0)
            _cut(tree, n, splits, block, left)
            _sort_out(tree, n, splits, block, left)
            first = splits.first_leaf[tree]
            for row in range(n):
                sums[start + row] += splits.value[first + trailing_zeros(left[row])]


@inlined
def _cut(tree: int, n: int, splits: Splits, block: Block, left: npt.NDArray[np.uint32]) -> None:
    """Strike out by numbers; a comparison with NaN is false."""
    for cut in range(splits.first_cut[tree], splits.first_lenient[tree]):
        column, threshold, kept = splits.column[cut], splits.threshold[cut], splits.kept[cut]
        for row in range(n):
            left[row] &= ~left.dtype.type(0) if block.numbers[column, row] <= threshold else kept
    for cut in range(splits.first_lenient[tree], splits.first_cut[tree + 1]):
        column, threshold, kept = splits.column[cut], splits.threshold[cut], splits.kept[cut]
        for row in range(n):
            left[row] &= kept if block.numbers[column, row] > threshold else ~left.dtype.type(0)


@inlined
def _sort_out(tree: int, n: int, splits: Splits, block: Block, left: npt.NDArray[np.uint32]) -> None:
    """Strike out by categories."""
    for chosen in range(splits.first_set[tree], splits.first_set[tree + 1]):
        column, first = splits.set_column[chosen], splits.first_kept[chosen]
        for row in range(n):
            left[row] &= splits.kept_by_class[first + block.classes[column, row]]
