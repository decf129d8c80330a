"""How far a model was off at the same time of the year before, which is what its features do not know of the season."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..timeline import DAY
from .logistic import fit_intercept

__all__ = ["YEAR", "Season", "reaches", "season_of", "shifts_of"]

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


def season_of(margins: Floats, labels: npt.NDArray[np.int8], cutoffs: Instants) -> Season:
    """What to add to the log-odds at each cutoff so that they come true there; all arguments `(n_rows,)`.

    Args:
        margins: log-odds by a model that has not learned from the rows of the cutoff. No feature names the time of the
            year, but how long a user is known does, among users who came in one season.
    """
    order = np.argsort(cutoffs, kind="stable")
    instants, starts = np.unique(cutoffs[order], return_index=True)
    cut = [np.split(column[order], starts[1:]) for column in (margins, labels)]
    precision = 1.0 / _SPREAD**2
    rows = zip(instants.tolist(), *cut, strict=True)
    return tuple((instant, fit_intercept(told, came, precision)) for instant, told, came in rows)


def reaches(cutoffs: Instants, instants: Instants) -> bool:
    """Whether a season of these cutoffs is known at any of the instants, a year later."""
    before = instants - YEAR
    return bool(((before >= cutoffs.min() - _NEAR) & (before <= cutoffs.max() + _NEAR)).any())


def shifts_of(season: Season, instants: Instants) -> Floats:
    """What the season of the year before adds to log-odds at the instants, `(n,)`; 0 where it is not known."""
    if not season:
        return np.zeros(len(instants))
    cutoffs, shifts = np.array(season, np.float64).T
    before = np.asarray(instants, np.float64) - YEAR
    is_known = (before >= cutoffs[0] - _NEAR) & (before <= cutoffs[-1] + _NEAR)
    return np.where(is_known, np.interp(before, cutoffs, shifts), 0.0)
