"""Where each node of a forest sends a row, as a block of rows asks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .forest_columns import IS_CATEGORY, MISSING_GOES_LEFT, Places
from .forest_splits import rounded_down
from .forest_text import Tree

__all__ = ["BY_CATEGORY", "LENIENT", "Turns", "turns_of"]

LENIENT = 1
BY_CATEGORY = 2
_YES = 0xFF


class Turns(NamedTuple):
    """The nodes of all trees; those of tree t are `first_node[t]:first_node[t + 1]`.

    `kind` is `BY_CATEGORY`, `LENIENT` where a missing value turns left, or 0. A number turns left up to `threshold`,
    a row of class c where `goes_left[first_class[node] + c]` is 255, not 0.
    """

    first_node: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]
    column: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    first_class: npt.NDArray[np.int32]
    goes_left: npt.NDArray[np.uint8]


def turns_of(trees: Sequence[Tree], places: Places) -> Turns:
    """The nodes of a forest in the order of its trees."""
    decision = np.concatenate([tree.decision for tree in trees])
    among = [goes_left for of_tree in places.is_among for goes_left in of_tree.values()]
    first_class = np.zeros(len(decision), np.int32)
    first_class[(decision & IS_CATEGORY) != 0] = np.cumsum([0, *map(len, among)], dtype=np.int32)[:-1]
    kind = np.where(decision & IS_CATEGORY, BY_CATEGORY, np.where(decision & MISSING_GOES_LEFT, LENIENT, 0))
    return Turns(
        first_node=np.cumsum([0, *(len(tree.feature) for tree in trees)], dtype=np.int32),
        kind=kind.astype(np.uint8),
        column=np.concatenate(places.column),
        threshold=rounded_down(np.concatenate([tree.threshold for tree in trees])),
        first_class=first_class,
        goes_left=np.concatenate([np.zeros(0, np.bool_), *among]).astype(np.uint8) * np.uint8(_YES),
    )
