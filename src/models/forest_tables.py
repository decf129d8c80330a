"""The pieces of a forest in flat arrays, with what each adds for every pattern of its conditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .forest_kernel_tables import Leaves, Rule, fill_tables
from .forest_pieces import Piece, Way, pieces_of, ways_of
from .forest_text import Tree

__all__ = ["Tables", "tables_of"]

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Tables(NamedTuple):
    """How to explain a forest piece by piece; those of tree t are `first_piece[t]:first_piece[t + 1]`.

    Condition c holds in a row that turns left (255, not 0) or right, as `side` says, at each `node` of its tree
    in `first_step[c]:first_step[c + 1]`. Piece p has the conditions and the features from `first_condition[p]` and
    `first_feature[p]` on. Bit i of a pattern is its i-th condition; a pattern's numbers, one for each feature, begin
    at `first_number[p]` + pattern * n_features in `numbers`. A `first_number` of -1 is a leaf without a
    table: of its `value` each condition's own feature gets what its `share` and `rule` say.
    `feature` counts in `used`, which names the features that the forest compares.
    """

    first_piece: Ints
    first_condition: Ints
    first_step: Ints
    node: Ints
    side: npt.NDArray[np.uint8]
    first_feature: Ints
    feature: Ints
    share: Floats
    value: Floats
    first_number: Ints
    numbers: Floats
    rule: Rule
    used: Ints


def tables_of(trees: Sequence[Tree]) -> Tables:
    """The pieces of a forest with their tables filled."""
    ways = [ways_of(tree) for tree in trees]
    cut = pieces_of(trees, ways)
    pieces = [piece for of_tree in cut for piece in of_tree]
    owners = [(tree, way[1]) for tree, way, of_tree in zip(trees, ways, cut, strict=True) for _ in of_tree]
    sizes = [len(piece.features) << len(piece.conditions) if piece.has_table else 0 for piece in pieces]
    first_number = _starts(sizes)
    rule = _rule(max((len(leaf.steps) for _, leaves in ways for leaf in leaves), default=0))
    numbers = np.zeros(int(first_number[-1]))
    _fill(pieces, owners, first_number, rule, numbers)
    conditions = [condition for piece in pieces for condition in piece.conditions]
    steps = [step for condition in conditions for step in condition]
    used, feature = np.unique(_ints(one for piece in pieces for one in piece.features), return_inverse=True)
    bare = [(one, *owner) for one, owner in zip(pieces, owners, strict=True)]
    return Tables(
        first_piece=_starts([len(of_tree) for of_tree in cut]),
        first_condition=_starts([len(piece.conditions) for piece in pieces]),
        first_step=_starts([len(condition) for condition in conditions]),
        node=_ints(node for node, _ in steps),
        side=np.array([0xFF * turns_left for _, turns_left in steps], np.uint8),
        first_feature=_starts([len(piece.features) for piece in pieces]),
        feature=feature.astype(np.int32),
        share=np.array([share for one, _, ways in bare for share in _shares(one, ways)], np.float64),
        value=np.array([0.0 if one.has_table else tree.value[one.leaves[0]] for one, tree, _ in bare], np.float64),
        first_number=np.where([piece.has_table for piece in pieces], first_number[:-1], -1).astype(np.int32),
        numbers=numbers,
        rule=rule,
        used=used,
    )


def _shares(piece: Piece, ways: list[Way]) -> list[float]:
    """Of a leaf without a table the share of each feature; zeros, to keep the place, of any other piece."""
    if piece.has_table:
        return [0.0] * len(piece.features)
    return list(ways[piece.leaves[0]].share.values())


def _fill(
    pieces: list[Piece], owners: list[tuple[Tree, list[Way]]], first_number: Ints, rule: Rule, numbers: Floats
) -> None:
    """Add each leaf to the table of its piece."""
    told = [
        (piece, first, tree.value[leaf], ways[leaf])
        for piece, (tree, ways), first in zip(pieces, owners, first_number[:-1].tolist(), strict=True)
        if piece.has_table
        for leaf in piece.leaves
    ]
    needs = [need for piece, _, _, way in told for need in _needs(piece, way)]
    leaves = Leaves(
        value=np.array([value for _, _, value, _ in told], np.float64),
        first_number=_ints(first for _, first, _, _ in told),
        n_conditions=_ints(len(piece.conditions) for piece, *_ in told),
        n_features=_ints(len(piece.features) for piece, *_ in told),
        first_part=_starts([len(way.steps) for *_, way in told]),
        share=np.array([share for *_, way in told for share in way.share.values()], np.float64),
        place=_ints(place for place, _, _ in needs),
        held=_ints(held for _, held, _ in needs),
        broken=_ints(broken for _, _, broken in needs),
    )
    most = int(np.diff(leaves.first_part).max(initial=0))
    fill_tables(leaves, rule, np.zeros((1 + most, 1 << most)), numbers)


def _needs(piece: Piece, way: Way) -> list[tuple[int, int, int]]:
    """For each feature on the way its place in the piece, and the bits of the conditions to be held and broken."""
    bit = {tuple(condition): 1 << i for i, condition in enumerate(piece.conditions)}
    needs = []
    for feature, steps in way.steps.items():
        before = next((n for n in range(len(steps), 0, -1) if tuple(steps[:n]) in bit), 0)
        held = bit[tuple(steps[:before])] if before else 0
        held += sum(bit[((node, True),)] for node, turns_left in steps[before:] if turns_left)
        broken = sum(bit[((node, True),)] for node, turns_left in steps[before:] if not turns_left)
        needs.append((piece.features.index(feature), held, broken))
    return needs


def _rule(most_parts: int) -> Rule:
    """Points and weights, `(n_rules, n_points)`, that integrate any polynomial below degree `most_parts` exactly."""
    most = (most_parts + 1) // 2
    points, weights = np.zeros((most + 1, most)), np.zeros((most + 1, most))
    for n in range(1, most + 1):
        nodes, areas = np.polynomial.legendre.leggauss(n)
        points[n, :n], weights[n, :n] = (nodes + 1.0) / 2.0, areas / 2.0
    return Rule(points, weights)


def _ints(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, np.int32)


def _starts(lengths: Sequence[int]) -> Ints:
    return np.cumsum([0, *lengths], dtype=np.int32)
