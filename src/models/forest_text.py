"""LightGBM's text of a model of one outcome, read into arrays with every number checked.

LightGBM itself trusts such a text: a damaged one ends its process or scores silently wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError, RefusedError

__all__ = ["OBJECTIVES", "Tree", "divided", "parse_trees"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_INTEGERS = re.compile(r"-?[0-9]{1,18}( -?[0-9]{1,18})*")
_NUMBERS = re.compile(r"([-+0-9.e]+|inf)( ([-+0-9.e]+|inf))*")
OBJECTIVES = ("binary sigmoid:1", "gamma", "poisson", "tweedie")
"""Whose margins are log-odds, or the logarithms of what is expected."""

_END = "\nend of trees\n"
_SINGLE = {"version": "v4", "num_class": "1", "num_tree_per_iteration": "1"}
_IS_CATEGORY = 1
_KNOWN_DECISIONS = 0b1111


@dataclass(frozen=True)
class Tree:
    """One tree: nodes `(n_nodes,)` split, leaves `(n_nodes + 1,)` answer.

    A child is a later node, or `~leaf`. `decision` holds LightGBM's bits: 1 category, 2 missing goes
    left, 4 zero is missing, 8 NaN is missing. The categories that go left at a node are the bits of
    `words[bounds[c]:bounds[c + 1]]`, where c is its threshold.
    """

    feature: Ints
    threshold: Floats
    decision: Ints
    left: Ints
    right: Ints
    node_count: Ints
    value: Floats
    leaf_count: Ints
    bounds: Ints
    words: Ints


def parse_trees(text: str) -> tuple[int, tuple[Tree, ...]]:
    """How many features the model has, and its trees in order.

    Raises:
        DamagedError: the text is cut, changed, or contradicts itself.
        RefusedError: the model is sound but of a kind that cannot be scored here.
    """
    head, blocks = divided(text)
    _check_kind(head)
    n_features = _integers(head, "max_feature_idx", 1, "the head")[0].item() + 1
    if n_features < 1 or len(head.get("feature_names", "").split(" ")) != n_features:
        raise _damaged("the head", f"max_feature_idx {n_features - 1} does not fit the feature_names")
    return n_features, tuple(_tree(block, number, n_features) for number, block in enumerate(blocks))


def divided(text: str) -> tuple[Mapping[str, str], list[str]]:
    """The keys of the head, and the text of each tree, cut where the head says that it ends."""
    body, end, _ = text.partition(_END)
    if not end:
        raise _damaged("the text", 'there is no line "end of trees", so it is cut')
    start = body.find("\nTree=0\n")
    if not body.startswith("tree\n") or start < 0:
        raise _damaged("the text", "it does not begin with a head and a first tree")
    head = _keys(body[:start].split("\n")[1:], "the head")
    rest = (body[start + 1 :] + "\n").encode()
    ends = np.cumsum(_integers(head, "tree_sizes", None, "the head"))
    if ends[-1] != len(rest) or (np.diff(ends, prepend=0) <= 0).any():
        raise _damaged("the head", f"tree_sizes add up to {ends[-1]}, but the trees take {len(rest)} bytes")
    return head, [piece.decode(errors="replace") for piece in _cut(rest, ends)]


def _cut(content: bytes, ends: Ints) -> list[bytes]:
    starts = [0, *ends[:-1].tolist()]
    return [content[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]


def _keys(lines: list[str], where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition("=")
        if key in found:
            raise _damaged(where, f"{key} stands there twice")
        if key:
            found[key] = value
    return found


def _check_kind(head: Mapping[str, str]) -> None:
    for key, allowed in _SINGLE.items():
        if head.get(key) != allowed:
            raise RefusedError(
                f"a LightGBM model with {key}={head.get(key)} cannot be scored here, only {key}={allowed}"
            )
    if head.get("objective") not in OBJECTIVES or "average_output" in head:
        kind = f"objective={head.get('objective')}{' and average_output' if 'average_output' in head else ''}"
        allowed = " or ".join(OBJECTIVES)
        raise RefusedError(f"a LightGBM model with {kind} cannot be scored here, only objective={allowed}")


def _tree(block: str, number: int, n_features: int) -> Tree:
    where = f"tree {number}"
    lines = block.split("\n")
    if lines[0] != f"Tree={number}":
        raise _damaged(where, f'it begins with "{lines[0][:40]}"')
    keys = _keys(lines[1:], where)
    if keys.get("is_linear") != "0":
        raise RefusedError(
            f"{where} of the LightGBM model is linear; only trees with constant leaves can be scored here"
        )
    tree = _read(keys, where)
    _check_structure(tree, where)
    _check_splits(tree, n_features, where)
    return tree


def _read(keys: Mapping[str, str], where: str) -> Tree:
    n_leaves = _integers(keys, "num_leaves", 1, where)[0].item()
    n_categories = _integers(keys, "num_cat", 1, where)[0].item()
    if n_leaves < 1 or n_categories < 0:
        raise _damaged(where, f"num_leaves={n_leaves} and num_cat={n_categories} are no counts")
    n_nodes = n_leaves - 1
    bounds = _integers(keys, "cat_boundaries", n_categories + 1, where) if n_categories else np.zeros(1, np.int64)
    return Tree(
        feature=_integers(keys, "split_feature", n_nodes, where),
        threshold=_numbers(keys, "threshold", n_nodes, where),
        decision=_integers(keys, "decision_type", n_nodes, where),
        left=_integers(keys, "left_child", n_nodes, where),
        right=_integers(keys, "right_child", n_nodes, where),
        node_count=_integers(keys, "internal_count", n_nodes, where),
        value=_numbers(keys, "leaf_value", n_leaves, where),
        leaf_count=_integers(keys, "leaf_count", n_leaves, where),
        bounds=bounds,
        words=_integers(keys, "cat_threshold", int(bounds[-1]), where) if n_categories else np.zeros(0, np.int64),
    )


def _check_structure(tree: Tree, where: str) -> None:
    """Children come after their parents and each part has one parent, so that it is a tree and every walk ends."""
    n_nodes = len(tree.feature)
    children = np.concatenate([tree.left, tree.right])
    parents = np.tile(np.arange(n_nodes), 2)
    is_node = children >= 0
    if not np.array_equal(np.sort(children), np.r_[np.arange(-n_nodes - 1, 0), np.arange(1, n_nodes)][: 2 * n_nodes]):
        raise _damaged(where, "its children are not each of its nodes and leaves once")
    if (children[is_node] <= parents[is_node]).any():
        raise _damaged(where, "a node comes before its parent")
    counts = np.concatenate([tree.leaf_count[::-1], tree.node_count])
    if (counts < 0).any() or (tree.node_count < 1).any():
        raise _damaged(where, "a count of rows is negative, or nobody came through a node")
    if not np.array_equal(_count(tree, tree.left) + _count(tree, tree.right), tree.node_count):
        raise _damaged(where, "the rows of two children do not add up to those of their node")


def _count(tree: Tree, children: Ints) -> Ints:
    """How many training rows came to each child; a negative child counts leaves from the end of their reverse."""
    return np.concatenate([tree.node_count, tree.leaf_count[::-1]])[children]


def _check_splits(tree: Tree, n_features: int, where: str) -> None:
    if ((tree.feature < 0) | (tree.feature >= n_features)).any():
        raise _damaged(where, f"it splits a feature that is not among the {n_features}")
    if ((tree.decision & ~_KNOWN_DECISIONS) != 0).any() or (tree.decision >> 2 == 3).any():
        raise _damaged(where, "a decision_type has unknown bits")
    sets = tree.threshold[(tree.decision & _IS_CATEGORY) != 0]
    if (sets != np.floor(sets)).any() or ((sets < 0) | (sets >= len(tree.bounds) - 1)).any():
        raise _damaged(where, "it splits by a set of categories that is not there")
    if tree.bounds[0] != 0 or (np.diff(tree.bounds) < 1).any() or ((tree.words < 0) | (tree.words >= 2**32)).any():
        raise _damaged(where, "its sets of categories are not in order")


def _integers(keys: Mapping[str, str], key: str, length: int | None, where: str) -> Ints:
    return np.array([int(word) for word in _words(keys, key, length, where, _INTEGERS)], np.int64)


def _numbers(keys: Mapping[str, str], key: str, length: int, where: str) -> Floats:
    words = _words(keys, key, length, where, _NUMBERS)
    try:
        values = np.array([float(word) for word in words], np.float64)
    except ValueError as error:
        raise _damaged(where, f"{key} holds what is no number") from error
    if key != "threshold" and not np.isfinite(values).all():  # inf parts what is missing from all numbers
        raise _damaged(where, f"{key} holds a number that is not finite")
    return values


def _words(keys: Mapping[str, str], key: str, length: int | None, where: str, allowed: re.Pattern[str]) -> list[str]:
    if key not in keys:
        raise _damaged(where, f"{key} is missing")
    words = keys[key].split(" ") if keys[key] else []
    if words and not allowed.fullmatch(keys[key]):
        raise _damaged(where, f"{key} holds what is no finite number")
    if (not words) if length is None else len(words) != length:
        raise _damaged(where, f"{key} holds {len(words)} numbers where {length or 'at least one'} belong")
    return words


def _damaged(where: str, found: str) -> DamagedError:
    return DamagedError(f"{where} of the LightGBM model is damaged: {found}; train and promote again")
