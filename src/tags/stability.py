"""How much a tag's distribution moved: the population stability index of scores, classes and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["STABLE", "UNSTABLE", "psi_of_counts", "psi_of_scores"]

STABLE, UNSTABLE = 0.10, 0.25
"""Below the first nothing has changed that matters, above the second much has."""

_BINS = 10
_HALF = 0.5

Floats = npt.NDArray[np.float64]


def psi_of_scores(before: Floats, now: Floats) -> float | None:
    """The index over ten bins that hold a tenth of the scores before each, fewer where scores are equal.

    None where either side has no scores.
    """
    if not len(before) or not len(now):
        return None
    edges = np.unique(np.quantile(before, np.linspace(0.0, 1.0, _BINS + 1)[1:-1]))
    counts = [np.bincount(np.searchsorted(edges, one, side="left"), minlength=len(edges) + 1) for one in (before, now)]
    return _psi(*counts)


def psi_of_counts(before: Mapping[str, int], now: Mapping[str, int]) -> float | None:
    """The index over named parts, such as classes; None where either side holds nobody.

    >>> round(psi_of_counts({"new": 500, "lost": 500}, {"new": 300, "lost": 700}) or 0, 2)
    0.17
    """
    if not sum(before.values()) or not sum(now.values()):
        return None
    names = sorted({*before, *now})
    return _psi([before.get(name, 0) for name in names], [now.get(name, 0) for name in names])


def _psi(before: Sequence[int] | npt.NDArray[np.intp], now: Sequence[int] | npt.NDArray[np.intp]) -> float:
    """The sum of (q - p) ln(q / p) over the parts, of which each has half a user more, so that none is empty.

    Source: Siddiqi (2006), Credit Risk Scorecards, chapter 10: below 0.10 no significant change, above 0.25 a shift.
    """
    counts = np.asarray([before, now], np.float64) + _HALF
    p, q = counts / counts.sum(axis=1, keepdims=True)
    return float(((q - p) * np.log(q / p)).sum())
