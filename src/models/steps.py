"""Maps that never fall: the means of targets in the order of margins, and what lies between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["Knots", "between", "steps"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Knots = Sequence[tuple[float, float]]
"""Margins that rise, each with its value."""


def between(knots: Knots, margin: Floats) -> Floats:
    """The value at each margin, `(n_rows,)`: straight from knot to knot, and flat outside."""
    margins, values = np.array(knots, np.float64).T
    upper = np.searchsorted(margins, margin, side="right")
    low, high = values[np.maximum(upper - 1, 0)], values[np.minimum(upper, len(values) - 1)]
    found = np.interp(margin, margins, values)
    return np.asarray(np.minimum(np.maximum(found, low), high), np.float64)  # rounding must not make it fall


def steps(margins: Floats, targets: Floats) -> list[tuple[float, float]]:
    """Both ends of each stretch of margins with one mean of the targets, `(n_rows,)` each, that never falls."""
    values, rows = np.unique(margins, return_inverse=True)
    weights = np.bincount(rows).astype(np.float64)
    starts, means = _pooled(np.bincount(rows, weights=targets) / weights, weights)
    ends = np.append(starts[1:], len(values)) - 1
    knots: dict[float, float] = {}
    for start, end, mean in zip(starts.tolist(), ends.tolist(), means.tolist(), strict=True):
        knots[float(values[start])] = mean
        knots[float(values[end])] = mean
    return list(knots.items())


def _pooled(rates: Floats, weights: Floats) -> tuple[Index, Floats]:
    """Where the blocks of equal rate begin, and their rates: pool adjacent violators.

    Source: Barlow et al. (1972), Statistical inference under order restrictions, 1.2.
    """
    blocks: list[tuple[int, float, float]] = []
    for position, (rate, weight) in enumerate(zip(rates.tolist(), weights.tolist(), strict=True)):
        start, hits, total = position, rate * weight, weight
        while blocks and blocks[-1][1] * total >= hits * blocks[-1][2]:
            start, hits, total = blocks[-1][0], hits + blocks[-1][1], total + blocks[-1][2]
            blocks.pop()
        blocks.append((start, hits, total))
    return np.array([start for start, _, _ in blocks]), np.array([hits / total for _, hits, total in blocks])
