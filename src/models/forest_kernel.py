"""Margins in machine code, row by row from root to leaf: for trees too wide for bit vectors."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ..features.kernel_cache import compiled
from .forest_arrays import Trees
from .forest_columns import IS_CATEGORY, MISSING_GOES_LEFT, NAN_IS_MISSING, ZERO_IS_MISSING

__all__ = ["walked_margins"]

Floats = npt.NDArray[np.float64]

_ZERO = float(np.float32(1e-35))
_TOO_LARGE = 2.0**31


@compiled
def walked_margins(X: npt.NDArray[np.float32], trees: Trees) -> Floats:
    """The sum of the leaves that each row of `X` (n_rows, n_features) falls into, added tree by tree: `(n_rows,)`."""
    sums = np.zeros(len(X))
    for row in range(len(X)):
        for root in trees.roots:
            node = root
            while node >= 0:
                node = trees.left[node] if _turns_left(trees, node, X[row, trees.feature[node]]) else trees.right[node]
            sums[row] += trees.value[~node]
    return sums


@compiled
def _turns_left(trees: Trees, node: int, value: float) -> bool:
    decision = trees.decision[node]
    if decision & IS_CATEGORY:
        return _is_among(trees, node, value)
    is_nan = math.isnan(value)
    if decision & NAN_IS_MISSING:
        if is_nan:
            return bool(decision & MISSING_GOES_LEFT)
    elif is_nan:
        value = 0.0
    if abs(value) <= _ZERO:
        if decision & ZERO_IS_MISSING:
            return bool(decision & MISSING_GOES_LEFT)
        value = 0.0
    return bool(value <= trees.threshold[node])


@compiled
def _is_among(trees: Trees, node: int, value: float) -> bool:
    if math.isnan(value) or value <= -1.0 or value >= _TOO_LARGE:
        return False
    code = int(value)
    word = trees.first_word[node] + code // 32
    if word >= trees.end_word[node]:
        return False
    return bool((trees.words[word] >> np.uint32(code % 32)) & np.uint32(1))
