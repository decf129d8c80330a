"""What each feature adds to a margin, in machine code: exact TreeSHAP, looked up piece by piece."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..features.kernel_cache import inlined, lean
from .forest_columns import Columns
from .forest_kernel_block import Block, load_block
from .forest_tables import Tables
from .forest_turns import BY_CATEGORY, LENIENT, Turns

__all__ = ["Room", "add_parts", "new_room"]

_YES = np.uint8(0xFF)
_NO = np.uint8(0)


class Room(NamedTuple):
    """Where a block of rows is worked on, each `(..., n_rows)`.

    Of the current tree `turns` tells for each node who turns left, and of the current piece `holds` for each
    condition where it holds: 255 or 0. `first` has the bits 0 to 7 of each row's pattern, `second` those from 8.
    `at` is where its numbers begin. `sums` collects for each used feature what it adds.
    """

    turns: npt.NDArray[np.uint8]
    holds: npt.NDArray[np.uint8]
    first: npt.NDArray[np.uint8]
    second: npt.NDArray[np.uint8]
    at: npt.NDArray[np.int32]
    product: npt.NDArray[np.float64]
    sums: npt.NDArray[np.float64]


def new_room(turns: Turns, tables: Tables, n_rows: int) -> Room:
    """Room for `n_rows` rows."""
    n_nodes = int(np.diff(turns.first_node).max(initial=0))
    n_conditions = int(np.diff(tables.first_condition).max(initial=0))
    return Room(
        turns=np.empty((n_nodes, n_rows), np.uint8),
        holds=np.empty((n_conditions, n_rows), np.uint8),
        first=np.empty(n_rows, np.uint8),
        second=np.empty(n_rows, np.uint8),
        at=np.empty(n_rows, np.int32),
        product=np.empty(n_rows, np.float64),
        sums=np.empty((len(tables.used), n_rows), np.float64),
    )


@lean
def add_parts(
    X: npt.NDArray[np.float32],
    forest: tuple[Columns, Turns, Tables],
    block: Block,
    room: Room,
    parts: npt.NDArray[np.float64],
) -> None:
    """Add to `parts` (n_rows, at least n_features) the Shapley value of each feature in each row of `X`."""
    columns, turns, tables = forest
    for start in range(0, len(X), len(room.at)):
        n = min(len(room.at), len(X) - start)
        load_block(X, start, n, columns, block)
        room.sums[:] = 0.0
        for tree in range(len(tables.first_piece) - 1):
            _turn(tree, n, turns, block, room)
            for piece in range(tables.first_piece[tree], tables.first_piece[tree + 1]):
                _meet(piece, n, tables, room)
                if tables.first_number[piece] < 0:
                    _divide(piece, n, tables, room)
                else:
                    _look_up(piece, n, tables, room)
        for i in range(len(tables.used)):
            for row in range(n):
                parts[start + row, tables.used[i]] += room.sums[i, row]


@inlined
def _turn(tree: int, n: int, turns: Turns, block: Block, room: Room) -> None:
    """Ask every node of a tree where it sends each row."""
    first_node = turns.first_node[tree]
    for i in range(turns.first_node[tree + 1] - first_node):
        node = first_node + i
        kind, column, threshold = turns.kind[node], turns.column[node], turns.threshold[node]
        if kind == BY_CATEGORY:
            first = turns.first_class[node]
            for row in range(n):
                room.turns[i, row] = turns.goes_left[first + block.classes[column, row]]
        elif kind == LENIENT:
            for row in range(n):
                room.turns[i, row] = _NO if block.numbers[column, row] > threshold else _YES
        else:
            for row in range(n):
                room.turns[i, row] = _YES if block.numbers[column, row] <= threshold else _NO


@inlined
def _meet(piece: int, n: int, tables: Tables, room: Room) -> None:
    """Tell of each condition of a piece where it holds."""
    first_condition = tables.first_condition[piece]
    for i in range(tables.first_condition[piece + 1] - first_condition):
        first_step, end = tables.first_step[first_condition + i], tables.first_step[first_condition + i + 1]
        node, other = tables.node[first_step], ~tables.side[first_step]
        for row in range(n):
            room.holds[i, row] = room.turns[node, row] ^ other
        for step in range(first_step + 1, end):
            node, other = tables.node[step], ~tables.side[step]
            for row in range(n):
                room.holds[i, row] &= room.turns[node, row] ^ other


@inlined
def _look_up(piece: int, n: int, tables: Tables, room: Room) -> None:
    """Add the numbers that stand in the piece's table for the pattern of each row."""
    n_conditions = tables.first_condition[piece + 1] - tables.first_condition[piece]
    first_feature, end = tables.first_feature[piece], tables.first_feature[piece + 1]
    first_number, n_features = tables.first_number[piece], end - first_feature
    for row in range(n):
        room.first[row] = 0
        room.second[row] = 0
    for i in range(min(n_conditions, 8)):
        bit = np.uint8(1 << i)
        for row in range(n):
            room.first[row] |= room.holds[i, row] & bit
    for i in range(8, n_conditions):
        bit = np.uint8(1 << (i - 8))
        for row in range(n):
            room.second[row] |= room.holds[i, row] & bit
    for row in range(n):
        pattern = np.int32(room.first[row]) | np.int32(room.second[row]) << 8
        room.at[row] = np.int32(first_number + pattern * n_features)
    for i in range(n_features):
        feature = tables.feature[first_feature + i]
        for row in range(n):
            room.sums[feature, row] += tables.numbers[room.at[row] + i]


@inlined
def _divide(piece: int, n: int, tables: Tables, room: Room) -> None:
    """Divide the value of a leaf without a table among the features on its way; see `fill_tables`."""
    first = tables.first_feature[piece]
    n_parts = tables.first_feature[piece + 1] - first
    n_points = (n_parts + 1) // 2
    for i in range(n_points):
        point = tables.rule.points[n_points, i]
        start = tables.value[piece] * tables.rule.weights[n_points, i]
        for row in range(n):
            room.product[row] = start
        for part in range(n_parts):
            missed = tables.share[first + part] * (1.0 - point)
            kept = missed + point
            for row in range(n):
                room.product[row] *= kept if room.holds[part, row] else missed
        for part in range(n_parts):
            share, feature = tables.share[first + part], tables.feature[first + part]
            kept, missed = (1.0 - share) / (share * (1.0 - point) + point), -1.0 / (1.0 - point)
            for row in range(n):
                room.sums[feature, row] += room.product[row] * (kept if room.holds[part, row] else missed)
