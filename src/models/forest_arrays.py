"""Trees laid end to end in flat arrays, as the compiled loops walk them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .forest_text import Tree

__all__ = ["Paths", "Trees", "paths_of", "trees_of"]

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]


class Trees(NamedTuple):
    """All trees of a forest, for walking from root to leaf.

    `roots` (n_trees,) and the children `left` and `right` (n_nodes,) are positions of nodes, or `~leaf`.
    `decision` (n_nodes,) holds LightGBM's bits; `words[first_word:end_word]` of a node are its categories.
    """

    roots: Ints
    feature: Ints
    threshold: Floats
    decision: Bytes
    left: Ints
    right: Ints
    first_word: Ints
    end_word: Ints
    words: npt.NDArray[np.uint32]
    value: Floats


class Paths(NamedTuple):
    """How each leaf is reached, for dividing its value among features.

    The steps to leaf i are `first_step[i]:first_step[i + 1]`: at `node` the path turns left or not, and
    the step belongs to one of the path's distinct features, `first_part[i]:first_part[i + 1]`. `share` of a
    part is how many of the training rows that meet its steps keep to the path, from 0 to 1.
    Row n of `points` and `weights` is the Gauss-Legendre rule on (0, 1) with n points.
    """

    first_step: Ints
    node: Ints
    turns_left: Bytes
    part: Ints
    first_part: Ints
    feature: Ints
    share: Floats
    points: Floats
    weights: Floats


def trees_of(trees: Sequence[Tree]) -> Trees:
    """The parsed trees in flat arrays, in the same order."""
    nodes = _starts([len(tree.feature) for tree in trees])
    leaves = _starts([len(tree.value) for tree in trees])
    words = _starts([len(tree.words) for tree in trees])
    sets = [_category_words(tree, start) for tree, start in zip(trees, words, strict=False)]
    placed = list(zip(trees, nodes, leaves, strict=False))
    return Trees(
        roots=np.array([node if len(tree.feature) else ~leaf for tree, node, leaf in placed], np.int32),
        feature=np.concatenate([tree.feature for tree in trees]).astype(np.int32),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        decision=np.concatenate([tree.decision for tree in trees]).astype(np.uint8),
        left=np.concatenate([_moved(tree.left, node, leaf) for tree, node, leaf in placed]),
        right=np.concatenate([_moved(tree.right, node, leaf) for tree, node, leaf in placed]),
        first_word=np.concatenate([first for first, _ in sets]),
        end_word=np.concatenate([end for _, end in sets]),
        words=np.concatenate([tree.words for tree in trees]).astype(np.uint32),
        value=np.concatenate([tree.value for tree in trees]),
    )


def paths_of(trees: Sequence[Tree]) -> Paths:
    """The way to every leaf, in the order of the leaves of `trees_of`."""
    ways = [_way(tree, steps, start) for tree, start in _with_starts(trees) for steps in _steps(tree)]
    steps = [step for way in ways for step in way.steps]
    parts = [part for way in ways for part in way.parts.items()]
    points, weights = _quadrature(max(len(way.parts) for way in ways))
    return Paths(
        first_step=np.array(_starts([len(way.steps) for way in ways]), np.int32),
        node=np.array([step.node for step in steps], np.int32),
        turns_left=np.array([step.turns_left for step in steps], np.uint8),
        part=np.array([step.part for step in steps], np.int32),
        first_part=np.array(_starts([len(way.parts) for way in ways]), np.int32),
        feature=np.array([feature for feature, _ in parts], np.int32),
        share=np.array([share for _, share in parts], np.float64),
        points=points,
        weights=weights,
    )


class _Step(NamedTuple):
    node: int
    turns_left: bool
    part: int


class _Way(NamedTuple):
    steps: list[_Step]
    parts: dict[int, float]


def _starts(lengths: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(lengths, dtype=np.int64).tolist()]


def _with_starts(trees: Sequence[Tree]) -> Iterator[tuple[Tree, int]]:
    yield from zip(trees, _starts([len(tree.feature) for tree in trees]), strict=False)


def _moved(children: npt.NDArray[np.int64], node: int, leaf: int) -> Ints:
    return np.where(children >= 0, children + node, children - leaf).astype(np.int32)


def _category_words(tree: Tree, start: int) -> tuple[Ints, Ints]:
    """Where the words of each node begin and end; an empty stretch for a split of numbers."""
    chosen = np.where(tree.decision & 1, tree.threshold, 0).astype(np.int64)
    ends = np.append(tree.bounds, tree.bounds[-1])[chosen + 1]
    return (tree.bounds[chosen] + start).astype(np.int32), (ends + start).astype(np.int32)


def _steps(tree: Tree) -> list[list[tuple[int, bool]]]:
    """For each leaf its nodes from the root, each with whether the path turns left there."""
    ways: list[list[tuple[int, bool]]] = [[] for _ in tree.feature]
    ends: list[list[tuple[int, bool]]] = [[] for _ in tree.value]
    for node, (left, right) in enumerate(zip(tree.left.tolist(), tree.right.tolist(), strict=True)):
        for child, turns_left in ((left, True), (right, False)):
            way = [*ways[node], (node, turns_left)]
            if child >= 0:
                ways[child] = way
            else:
                ends[~child] = way
    return ends


def _way(tree: Tree, steps: list[tuple[int, bool]], start: int) -> _Way:
    way = _Way([], {})
    for node, turns_left in steps:
        feature = int(tree.feature[node])
        child = int((tree.left if turns_left else tree.right)[node])
        count = tree.node_count[child] if child >= 0 else tree.leaf_count[~child]
        way.parts[feature] = way.parts.get(feature, 1.0) * float(count / tree.node_count[node])
        way.steps.append(_Step(node + start, turns_left, list(way.parts).index(feature)))
    return way


def _quadrature(most_parts: int) -> tuple[Floats, Floats]:
    """Points and weights, `(n_rules, n_points)`, that integrate any polynomial below degree `most_parts` exactly."""
    most = (most_parts + 1) // 2
    points, weights = np.zeros((most + 1, most)), np.zeros((most + 1, most))
    for n in range(1, most + 1):
        nodes, areas = np.polynomial.legendre.leggauss(n)
        points[n, :n], weights[n, :n] = (nodes + 1.0) / 2.0, areas / 2.0
    return points, weights
