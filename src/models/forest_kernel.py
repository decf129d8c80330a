"""Loops over rows, trees and leaves, in machine code: margins, and what each feature adds to them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ..features.kernel_cache import compiled
from .forest_arrays import Paths, Trees

__all__ = ["add_contributions", "margins"]

Floats = npt.NDArray[np.float64]

_CATEGORY = 1
_MISSING_GOES_LEFT = 2
_ZERO_IS_MISSING = 4
_NAN_IS_MISSING = 8
_ZERO = float(np.float32(1e-35))
_TOO_LARGE = 2.0**31


@compiled
def margins(X: npt.NDArray[np.float32], trees: Trees) -> Floats:
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
def add_contributions(X: npt.NDArray[np.float32], trees: Trees, paths: Paths, parts: Floats) -> None:
    """Add to `parts` (n_rows, at least n_features) the Shapley value of each feature in each row.

    A feature outside a coalition is left to the training rows: the path is followed by their share. The
    Shapley value is the integral of the game's multilinear extension along the diagonal; here that is a
    polynomial for each leaf, and a Gauss-Legendre rule integrates it exactly, without subtractions.

    Source: Lundberg et al. (2020), From local explanations to global understanding with explainable AI
    for trees, Nature Machine Intelligence 2, algorithm 2 (the values); Owen (1972), Multilinear extensions
    of games, Management Science 18 (the integral).
    """
    turns = np.zeros(len(trees.feature), np.uint8)
    is_met = np.zeros(2 * paths.points.shape[1] + 1, np.uint8)
    for row in range(len(X)):
        for node in range(len(trees.feature)):
            turns[node] = _turns_left(trees, node, X[row, trees.feature[node]])
        for leaf in range(len(trees.value)):
            _meet(paths, leaf, turns, is_met)
            _divide(paths, leaf, trees.value[leaf], is_met, parts[row])


@compiled
def _turns_left(trees: Trees, node: int, value: float) -> bool:
    decision = trees.decision[node]
    if decision & _CATEGORY:
        return _is_among(trees, node, value)
    is_nan = math.isnan(value)
    if decision & _NAN_IS_MISSING:
        if is_nan:
            return bool(decision & _MISSING_GOES_LEFT)
    elif is_nan:
        value = 0.0
    if abs(value) <= _ZERO:
        if decision & _ZERO_IS_MISSING:
            return bool(decision & _MISSING_GOES_LEFT)
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


@compiled
def _meet(paths: Paths, leaf: int, turns: npt.NDArray[np.uint8], is_met: npt.NDArray[np.uint8]) -> None:
    """Tell of each part of the path whether the row itself would take all its steps."""
    is_met[: paths.first_part[leaf + 1] - paths.first_part[leaf]] = 1
    for step in range(paths.first_step[leaf], paths.first_step[leaf + 1]):
        if turns[paths.node[step]] != paths.turns_left[step]:
            is_met[paths.part[step]] = 0


@compiled
def _divide(paths: Paths, leaf: int, value: float, is_met: npt.NDArray[np.uint8], parts: Floats) -> None:
    """Add the leaf's value to the features of its path, each by its Shapley value."""
    start = paths.first_part[leaf]
    n_parts = paths.first_part[leaf + 1] - start
    n_points = (n_parts + 1) // 2
    for i in range(n_points):
        point = paths.points[n_points, i]
        product = value * paths.weights[n_points, i]
        for part in range(n_parts):
            product *= paths.share[start + part] * (1.0 - point) + is_met[part] * point
        unmet = product / (1.0 - point)
        for part in range(n_parts):
            share = paths.share[start + part]
            if is_met[part]:
                parts[paths.feature[start + part]] += product * (1.0 - share) / (share * (1.0 - point) + point)
            else:
                parts[paths.feature[start + part]] -= unmet
