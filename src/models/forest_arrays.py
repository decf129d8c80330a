"""Trees laid end to end in flat arrays, to be walked row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .forest_text import Tree

__all__ = ["Trees", "trees_of"]

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


def _starts(lengths: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(lengths, dtype=np.int64).tolist()]


def _moved(children: npt.NDArray[np.int64], node: int, leaf: int) -> Ints:
    return np.where(children >= 0, children + node, children - leaf).astype(np.int32)


def _category_words(tree: Tree, start: int) -> tuple[Ints, Ints]:
    """Where the words of each node begin and end; an empty stretch for a split of numbers."""
    chosen = np.where(tree.decision & 1, tree.threshold, 0).astype(np.int64)
    ends = np.append(tree.bounds, tree.bounds[-1])[chosen + 1]
    return (tree.bounds[chosen] + start).astype(np.int32), (ends + start).astype(np.int32)
