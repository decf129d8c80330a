"""How far a model was off at the same time of the year before, which is what its features do not know of the season."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..timeline import DAY
from .logistic import sigmoid

__all__ = ["YEAR", "Season", "season_of", "shifts_of"]

Floats = npt.NDArray[np.float64]
Instants = npt.NDArray[np.int64]
Season = tuple[tuple[int, float], ...]
"""Cutoffs in seconds, oldest first, and by how much log-odds fell short at each."""

YEAR = 364 * DAY
"""Whole weeks, so that a Monday is compared with a Monday."""
_NEAR = 16 * DAY
"""How far a cutoff may be from the instant it speaks for, where it has none on the other side."""
_SPREAD = 0.5
"""The standard deviation of shifts that is taken for usual: what few rows show is drawn towards nothing."""
_STEPS = 30


def season_of(margins: Floats, labels: npt.NDArray[np.int8], cutoffs: Instants) -> Season:
    """What to add to the log-odds at each cutoff so that they come true there; all arguments `(n_rows,)`.

    Args:
        margins: log-odds of the rows that the model was fitted on, which hardly hides a season from it: no feature
            names the time of the year.
    """
    order = np.argsort(cutoffs, kind="stable")
    instants, starts = np.unique(cutoffs[order], return_index=True)
    cut = [np.split(column[order], starts[1:]) for column in (margins, labels)]
    return tuple((instant, _shift(*rows)) for instant, *rows in zip(instants.tolist(), *cut, strict=True))


def shifts_of(season: Season, instants: Instants) -> Floats:
    """What the season of the year before adds to log-odds at the instants, `(n,)`; 0 where it is not known."""
    if not season:
        return np.zeros(len(instants))
    cutoffs, shifts = np.array(season, np.float64).T
    before = np.asarray(instants, np.float64) - YEAR
    is_known = (before >= cutoffs[0] - _NEAR) & (before <= cutoffs[-1] + _NEAR)
    return np.where(is_known, np.interp(before, cutoffs, shifts), 0.0)


def _shift(margins: Floats, labels: npt.NDArray[np.int8]) -> float:
    """The intercept with the greatest likelihood beside a normal prior, by Newton's method."""
    found, precision = 0.0, 1.0 / _SPREAD**2
    for _ in range(_STEPS):
        chances = sigmoid(margins + found)
        slope = float((labels - chances).sum()) - precision * found
        found += slope / (float((chances * (1.0 - chances)).sum()) + precision)
    return found
