"""The columns that a forest compares: each feature once for every way in which its missing values count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .forest_text import Tree

__all__ = [
    "IS_CATEGORY",
    "MISSING_GOES_LEFT",
    "NAN_IS_MISSING",
    "ZERO_IS_MISSING",
    "Columns",
    "Places",
    "codes_of",
    "columns_of",
]

Ints = npt.NDArray[np.int32]

IS_CATEGORY = 1
MISSING_GOES_LEFT = 2
ZERO_IS_MISSING = 4
NAN_IS_MISSING = 8


class Columns(NamedTuple):
    """What is made of a row before trees compare it.

    Numeric column i is `feature[i]` with the missing values that `missing[i]` names as NaN and all else a number.
    Column i of categories is the class of the code in `code_feature[i]`: `classes[first_class[i] + code]`, and 0
    where the code is beyond `first_class[i + 1]`, is no code, or is in none of the forest's sets.
    """

    feature: Ints
    missing: Ints
    code_feature: Ints
    first_class: Ints
    classes: Ints


class Places(NamedTuple):
    """Where the nodes of each tree find their values.

    `column` has one array for each tree, `(n_nodes,)`, of positions among the numeric or the category columns.
    `is_among` has one mapping for each tree: from a node of categories to whether each class goes left.
    """

    column: list[Ints]
    is_among: list[dict[int, npt.NDArray[np.bool_]]]


def columns_of(trees: Sequence[Tree]) -> tuple[Columns, Places]:
    """The columns of a forest, and where its nodes find them."""
    numbers: dict[tuple[int, int], int] = {}
    categories: dict[int, int] = {}
    column = [np.array([_column(split, numbers, categories) for split in _splits(tree)], np.int32) for tree in trees]
    sets = [
        {node: codes_of(tree, node) for node in np.flatnonzero(tree.decision & IS_CATEGORY).tolist()} for tree in trees
    ]
    known = _known(trees, sets)
    is_among = [
        {node: _marked(known[int(tree.feature[node])], codes) for node, codes in of_tree.items()}
        for tree, of_tree in zip(trees, sets, strict=True)
    ]
    classes = [_classes(known[feature]) for feature in categories]
    columns = Columns(
        feature=np.array([feature for feature, _ in numbers], np.int32),
        missing=np.array([missing for _, missing in numbers], np.int32),
        code_feature=np.array(list(categories), np.int32),
        first_class=np.cumsum([0, *map(len, classes)], dtype=np.int32),
        classes=np.concatenate([np.zeros(0, np.int32), *classes]),
    )
    return columns, Places(column, is_among)


def _splits(tree: Tree) -> list[tuple[int, int]]:
    return list(zip(tree.feature.tolist(), tree.decision.tolist(), strict=True))


def _column(split: tuple[int, int], numbers: dict[tuple[int, int], int], categories: dict[int, int]) -> int:
    feature, decision = split
    if decision & IS_CATEGORY:
        return categories.setdefault(feature, len(categories))
    return numbers.setdefault((feature, decision & (ZERO_IS_MISSING | NAN_IS_MISSING)), len(numbers))


def codes_of(tree: Tree, node: int) -> npt.NDArray[np.int64]:
    """The codes that go left at a node, ascending."""
    chosen = int(tree.threshold[node])
    words = tree.words[tree.bounds[chosen] : tree.bounds[chosen + 1]].astype("<u4")
    return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))


def _known(trees: Sequence[Tree], sets: list[dict[int, npt.NDArray[np.int64]]]) -> dict[int, npt.NDArray[np.int64]]:
    """For each feature of categories the codes in any of its sets, ascending."""
    found: dict[int, list[npt.NDArray[np.int64]]] = {}
    for tree, of_tree in zip(trees, sets, strict=True):
        for node, codes in of_tree.items():
            found.setdefault(int(tree.feature[node]), []).append(codes)
    return {feature: np.unique(np.concatenate(codes)) for feature, codes in found.items()}


def _marked(known: npt.NDArray[np.int64], codes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """For each class whether it is among the codes; class 0 never is."""
    marked = np.zeros(len(known) + 1, np.bool_)
    marked[np.searchsorted(known, codes) + 1] = True
    return marked


def _classes(codes: npt.NDArray[np.int64]) -> Ints:
    """The class of each code from 0: its place among `codes`, from 1, or 0."""
    classes = np.zeros(int(codes.max(initial=-1)) + 1, np.int32)
    classes[codes] = np.arange(1, len(codes) + 1)
    return classes
