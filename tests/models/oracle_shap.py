from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

from limner.models.forest_text import Tree

Row = npt.NDArray[np.float32]


def expected(tree: Tree, row: Row, known: frozenset[int], node: int = 0) -> float:
    if not len(tree.feature) or node < 0:
        return float(tree.value[~node if node < 0 else 0])
    left, right = int(tree.left[node]), int(tree.right[node])
    feature = int(tree.feature[node])
    if feature in known:
        return expected(tree, row, known, left if row[feature] <= tree.threshold[node] else right)
    return sum(count(tree, child) / count(tree, node) * expected(tree, row, known, child) for child in (left, right))


def count(tree: Tree, node: int) -> int:
    return int(tree.node_count[node] if node >= 0 else tree.leaf_count[~node])


def shapley(trees: tuple[Tree, ...], row: Row, feature: int) -> float:
    others = [one for one in range(len(row)) if one != feature]
    total = 0.0
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(row))
        for chosen in combinations(others, size):
            without = frozenset(chosen)
            gains = (expected(tree, row, without | {feature}) - expected(tree, row, without) for tree in trees)
            total += weight * sum(gains)
    return total
