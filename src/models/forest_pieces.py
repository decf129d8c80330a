"""Trees cut into pieces that are each explained at once: what a piece adds depends on a few conditions only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .forest_text import Tree

__all__ = ["MOST_NUMBERS", "Piece", "Way", "pieces_of", "ways_of"]

MOST_NUMBERS = 2**25
_MOST_CONDITIONS = 10
_MOST_OF_A_LEAF = 12

Steps = list[tuple[int, bool]]


class Way(NamedTuple):
    """How a leaf or a node is reached: its steps, each a node and whether it turns left, by the feature compared.

    `share` is how many of the training rows that meet the steps of a feature keep to the way, from 0 to 1.
    """

    steps: dict[int, Steps]
    share: dict[int, float]


class Piece(NamedTuple):
    """A subtree, or one leaf, with the way to it.

    A condition is a list of steps that are all taken: those of one feature on the way, or to turn left at one
    inner node. `features` are all that its leaves depend on. `has_table` tells whether what it adds
    is worked out beforehand for every pattern of conditions.
    """

    conditions: list[Steps]
    features: list[int]
    leaves: list[int]
    has_table: bool


def ways_of(tree: Tree) -> tuple[list[Way], list[Way]]:
    """The ways to the nodes and to the leaves of a tree."""
    nodes = [Way({}, {}) for _ in tree.feature]
    leaves = [Way({}, {}) for _ in tree.value]
    children = zip(tree.feature.tolist(), tree.left.tolist(), tree.right.tolist(), strict=True)
    for node, (feature, left, right) in enumerate(children):  # a parent comes before its children
        for child, turns_left in ((left, True), (right, False)):
            count = tree.node_count[child] if child >= 0 else tree.leaf_count[~child]
            way, share = nodes[node], float(count / tree.node_count[node])
            way = Way(
                {**way.steps, feature: [*way.steps.get(feature, []), (node, turns_left)]},
                {**way.share, feature: way.share.get(feature, 1.0) * share},
            )
            if child >= 0:
                nodes[child] = way
            else:
                leaves[~child] = way
    return nodes, leaves


def pieces_of(trees: Sequence[Tree], ways: Sequence[tuple[list[Way], list[Way]]]) -> list[list[Piece]]:
    """The pieces of each tree: as large as saves work, but all tables together hold at most `MOST_NUMBERS`."""
    for most in range(_MOST_CONDITIONS, 0, -1):
        found = [list(_cut(tree, *way, most)) for tree, way in zip(trees, ways, strict=True)]
        sizes = [len(one.features) << len(one.conditions) for pieces in found for one in pieces if one.has_table]
        if sum(sizes) <= MOST_NUMBERS:
            break
    return found


class _Branch(NamedTuple):
    """What a node's subtree costs at best: `price` in additions for each row; `is_whole` if as one piece."""

    price: int
    features: frozenset[int]
    nodes: list[int]
    leaves: list[int]
    is_whole: bool


def _cut(tree: Tree, nodes: list[Way], leaves: list[Way], most: int) -> Iterator[Piece]:
    most_of_leaf = most + _MOST_OF_A_LEAF - _MOST_CONDITIONS
    branches: dict[int, _Branch] = {
        ~leaf: _Branch(_price(len(way.steps), most_of_leaf), frozenset(way.steps), [], [leaf], True)
        for leaf, way in enumerate(leaves)
    }
    for node in reversed(range(len(nodes))):
        sides = branches[int(tree.left[node])], branches[int(tree.right[node])]
        branches[node] = _joined(node, len(nodes[node].steps), sides, most)
    waiting = [0] if nodes else []
    while waiting:
        node = waiting.pop()
        branch = branches[node]
        if branch.is_whole:
            way = nodes[node] if node >= 0 else leaves[~node]
            conditions = [*way.steps.values(), *([(inner, True)] for inner in branch.nodes)]
            has_table = node >= 0 or len(conditions) <= most_of_leaf
            features = sorted(branch.features) if has_table else list(way.steps)
            yield Piece(conditions, features, branch.leaves, has_table)
        else:
            waiting += [int(tree.right[node]), int(tree.left[node])]


def _price(n_features: int, most: int) -> int:
    return n_features if n_features <= most else n_features * (n_features + 1)


def _joined(node: int, n_before: int, sides: tuple[_Branch, _Branch], most: int) -> _Branch:
    apart = sides[0].price + sides[1].price
    inner = [node, *sides[0].nodes, *sides[1].nodes]
    if n_before + len(inner) > most:  # so it is for every node above
        return _Branch(apart, frozenset(), inner[: most + 1], [], is_whole=False)
    features = sides[0].features | sides[1].features
    price = min(len(features), apart)
    return _Branch(price, features, inner, sides[0].leaves + sides[1].leaves, len(features) <= apart)
