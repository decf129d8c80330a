"""Trees as bit vectors: every split strikes out the leaves that a row can no longer reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .forest_columns import IS_CATEGORY, MISSING_GOES_LEFT, Places
from .forest_text import Tree

__all__ = ["MOST_LEAVES", "Splits", "rounded_down", "splits_of"]

Ints = npt.NDArray[np.int32]
Bits = npt.NDArray[np.unsignedinteger[npt.NBitBase]]

MOST_LEAVES = 64


class Splits(NamedTuple):
    """A forest for scoring block by block; bit i of a vector is the i-th leaf of its tree from the left.

    A row that turns right at a cut keeps the leaves `kept`. The cuts of tree t are `first_cut[t]:first_cut[t + 1]`;
    from `first_lenient[t]` on, a missing value turns left. `threshold` is rounded down to float32, which changes
    no comparison with a float32. The sets of tree t are `first_set[t]:first_set[t + 1]`, one for each column of
    categories: a row of class c keeps `kept_by_class[first_kept + c]`. `value[first_leaf[t]]` is its leftmost leaf.
    """

    first_cut: Ints
    first_lenient: Ints
    column: Ints
    threshold: npt.NDArray[np.float32]
    kept: Bits
    first_set: Ints
    set_column: Ints
    first_kept: Ints
    kept_by_class: Bits
    first_leaf: Ints
    value: npt.NDArray[np.float64]


def splits_of(trees: Sequence[Tree], places: Places) -> Splits | None:
    """The bit vectors of a forest; None if a tree has more leaves than a vector has bits."""
    most = max(len(tree.value) for tree in trees)
    if most > MOST_LEAVES:
        return None
    bits = np.uint32 if most <= 32 else np.uint64
    found = [_tree_splits(tree, *place, bits) for tree, place in zip(trees, zip(*places, strict=True), strict=True)]
    n_kept = [len(kept) for one in found for kept in one.sets.values()]
    return Splits(
        first_cut=_starts([len(one.cuts) for one in found]),
        first_lenient=_starts([len(one.cuts) for one in found])[:-1] + np.array([o.n_strict for o in found], np.int32),
        column=np.array([cut[0] for one in found for cut in one.cuts], np.int32),
        threshold=np.array([cut[1] for one in found for cut in one.cuts], np.float32),
        kept=np.array([cut[2] for one in found for cut in one.cuts], bits),
        first_set=_starts([len(one.sets) for one in found]),
        set_column=np.array([column for one in found for column in one.sets], np.int32),
        first_kept=_starts(n_kept)[:-1],
        kept_by_class=np.concatenate([np.zeros(0, bits), *(kept for one in found for kept in one.sets.values())]),
        first_leaf=_starts([len(tree.value) for tree in trees])[:-1],
        value=np.concatenate([tree.value[one.leaves] for tree, one in zip(trees, found, strict=True)]),
    )


class _TreeSplits(NamedTuple):
    cuts: list[tuple[int, np.float32, int]]
    n_strict: int
    sets: dict[int, Bits]
    leaves: npt.NDArray[np.int64]


def _tree_splits(
    tree: Tree, column: Ints, is_among: dict[int, npt.NDArray[np.bool_]], bits: type[np.uint32] | type[np.uint64]
) -> _TreeSplits:
    leaves, struck = _from_the_left(tree)
    everything = int(np.iinfo(bits).max)
    kept = [everything ^ one for one in struck]
    below = rounded_down(tree.threshold)
    numeric = np.flatnonzero((tree.decision & IS_CATEGORY) == 0).tolist()
    strict = [node for node in numeric if not tree.decision[node] & MISSING_GOES_LEFT]
    lenient = [node for node in numeric if tree.decision[node] & MISSING_GOES_LEFT]
    sets: dict[int, Bits] = {}
    for node, goes_left in is_among.items():
        so_far = sets.get(int(column[node]), np.full(len(goes_left), everything, bits))
        sets[int(column[node])] = so_far & np.where(goes_left, bits(everything), bits(kept[node]))
    cuts = [(int(column[node]), below[node], kept[node]) for node in [*strict, *lenient]]
    return _TreeSplits(cuts, len(strict), sets, leaves)


def _from_the_left(tree: Tree) -> tuple[npt.NDArray[np.int64], list[int]]:
    """The leaves in order from the left, and for each node the bits of those to its left."""
    left, right = tree.left.tolist(), tree.right.tolist()
    n_below = [0] * len(left)
    for node in reversed(range(len(left))):
        n_below[node] = sum(n_below[child] if child >= 0 else 1 for child in (left[node], right[node]))
    first, leaves, struck = [0] * len(left), np.zeros(len(tree.value), np.int64), [0] * len(left)
    for node, start in enumerate(first):  # a parent comes before its children
        n_left = n_below[left[node]] if left[node] >= 0 else 1
        struck[node] = ((1 << n_left) - 1) << start
        for child, place in ((left[node], start), (right[node], start + n_left)):
            if child >= 0:
                first[child] = place
            else:
                leaves[place] = ~child
    return leaves, struck


def rounded_down(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """The largest float32 not above each number."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
        below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > thresholds, below, near).astype(np.float32)


def _starts(lengths: Sequence[int]) -> Ints:
    return np.cumsum([0, *lengths], dtype=np.int32)
