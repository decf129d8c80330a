"""The calibration of a model, with as much of the season as forward scores, or else the log, speak for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .calibration import Calibration, fit_calibration, forward_losses
from .logistic import fit_intercept
from .season import Season

__all__ = ["Past", "seasonal_calibration"]

Floats = npt.NDArray[np.float64]

_PARTS = (0.0, 1.0)
_UNTOLD = 0.5
"""The part of a season that is used where neither forward scores nor the log tell: it halves the error of a season
that comes again, and adds a quarter to the squared error where it does not."""
_GAIN = 1e-3
"""The part of the log-loss that must be saved for an answer; less is luck."""


@dataclass(frozen=True)
class Past:
    """Forward scores and what came of them, `(n_rows,)` each: `fit_calibration` says what they are.

    `shifts` is what the season of the year before would add to the margins, 0 where it is not known.
    """

    margins: Floats
    shifts: Floats
    labels: npt.NDArray[np.int8]
    periods: npt.NDArray[np.int64]
    users: npt.NDArray[np.object_]
    known: npt.NDArray[np.int64]

    def calibration(self, part: float = 0.0, *, is_log_odds: bool = True) -> Calibration:
        """The calibration of the scores, moved by that part of the season."""
        margins = self.margins + part * self.shifts
        return fit_calibration(
            margins, self.labels, self.periods, self.users, known=self.known, is_log_odds=is_log_odds
        )

    def levelled(self) -> Past:
        """The same with the margins of each period at the level of what came."""
        margins = self.margins.copy()
        for start in np.unique(self.periods):
            at = self.periods == start
            margins[at] += fit_intercept(margins[at], self.labels[at])
        return replace(self, margins=margins)

    def losses(self, part: float) -> Floats:
        """The log-loss of forward periods, were the scores moved by that part of the season.

        Those are left out of which less than half has a year before it.
        """
        margins, form = self.margins + part * self.shifts, self.calibration(part).form
        found = forward_losses(form, margins, self.labels, self.periods, self.known)
        return np.array([loss for rows, loss in found if np.count_nonzero(self.shifts[rows]) * 2 >= len(rows)])


def seasonal_calibration(past: Past, season: Season, recurrence: float | None = None) -> Calibration:
    """The calibration of log-odds, which are moved by the season of the year before, by a part of it, or not at all.

    The whole season must lose less in every forward period, and a thousandth less in all; none of it is used where it
    loses more in all by as much. Where neither is so, because the folds do not reach a year back or their season was
    like any other, the part is used that comes again in the log; half where the log does not tell either. Where a
    season is used it is what tells the level, and forward periods, whose seasons were others, tell the shape alone.

    Args:
        season: of the model that was fitted on all training rows; empty where a season is not to be told.
        recurrence: the part that comes again in the log, from 0 to 1; None where it does not tell.
    """
    part = _part(past, _UNTOLD if recurrence is None else recurrence) if season else 0.0
    if not part:
        return past.calibration()
    return replace(past.levelled().calibration(), season=tuple((instant, part * shift) for instant, shift in season))


def _part(past: Past, untold: float) -> float:
    without, whole = (past.losses(part) for part in _PARTS)
    if len(without) and whole.sum() < (1.0 - _GAIN) * without.sum() and (whole < without).all():
        return 1.0
    if len(without) and whole.sum() > (1.0 + _GAIN) * without.sum():
        return 0.0
    return untold
