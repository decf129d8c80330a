"""What leaves add for every pattern of conditions, in machine code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..features.kernel_cache import inlined, lean

__all__ = ["Leaves", "Rule", "fill_tables"]

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Rule(NamedTuple):
    """Row n of `points` and `weights` is the Gauss-Legendre rule on (0, 1) with n points."""

    points: Floats
    weights: Floats


class Leaves(NamedTuple):
    """The leaves to be told in tables.

    The table of a leaf begins at `first_number` and has `n_features` numbers for each pattern of `n_conditions`. The
    parts of its way, one for each feature, begin at `first_part`: a part is kept where the conditions `held` hold
    and the conditions `broken` do not, has the `share` of training rows that keep to it, and its number is at `place`.
    """

    value: Floats
    first_number: Ints
    n_conditions: Ints
    n_features: Ints
    first_part: Ints
    share: Floats
    place: Ints
    held: Ints
    broken: Ints


@lean
def fill_tables(leaves: Leaves, rule: Rule, room: Floats, numbers: Floats) -> None:
    """Add to `numbers` what each leaf adds for each pattern; `room` is `(1 + most parts, 2 ** most parts)`.

    A feature outside a coalition is left to the training rows: the way is followed by their share. The
    Shapley value is the integral of the game's multilinear extension along the diagonal; here that is a
    polynomial for each leaf, and a Gauss-Legendre rule integrates it exactly, without subtractions.

    Source: Lundberg et al. (2020), From local explanations to global understanding with explainable AI
    for trees, Nature Machine Intelligence 2, algorithm 2 (the values); Owen (1972), Multilinear extensions
    of games, Management Science 18 (the integral).
    """
    for leaf in range(len(leaves.value)):
        start, n_parts = leaves.first_part[leaf], leaves.first_part[leaf + 1] - leaves.first_part[leaf]
        _divide(leaves, leaf, rule, room)
        for pattern in range(1 << leaves.n_conditions[leaf]):
            kept = np.int64(0)
            for part in range(n_parts):
                held, broken = leaves.held[start + part], leaves.broken[start + part]
                kept |= np.int64(pattern & (held | broken) == held) << part
            first = leaves.first_number[leaf] + pattern * leaves.n_features[leaf]
            for part in range(n_parts):
                numbers[first + leaves.place[start + part]] += room[1 + part, kept]


@inlined
def _divide(leaves: Leaves, leaf: int, rule: Rule, room: Floats) -> None:
    """Divide the leaf's value among the parts of its way, from row 1 of `room` on, for each set of parts kept to.

    Row 0 holds the products of all factors at one point; doubling builds it up, part by part.
    """
    start, n_parts = leaves.first_part[leaf], leaves.first_part[leaf + 1] - leaves.first_part[leaf]
    for part in range(n_parts):
        for kept in range(1 << n_parts):
            room[1 + part, kept] = 0.0
    n_points = (n_parts + 1) // 2
    for i in range(n_points):
        point = rule.points[n_points, i]
        room[0, 0] = leaves.value[leaf] * rule.weights[n_points, i]
        for part in range(n_parts):
            missed = leaves.share[start + part] * (1.0 - point)
            for kept in range(1 << part):
                room[0, kept + (1 << part)] = room[0, kept] * (missed + point)
                room[0, kept] *= missed
        for part in range(n_parts):
            share = leaves.share[start + part]
            gain, loss = (1.0 - share) / (share * (1.0 - point) + point), -1.0 / (1.0 - point)
            for kept in range(1 << n_parts):
                room[1 + part, kept] += room[0, kept] * (gain if (kept >> part) & 1 else loss)
