"""How much of a season comes again, as far as the log itself tells: its weeks beside those of the year before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..features.pace import WEEK
from .season import YEAR

if TYPE_CHECKING:
    from ..features.pace import Pace

__all__ = ["recurrence"]

Floats = npt.NDArray[np.float64]

_YEAR = YEAR // WEEK
_ENOUGH_WEEKS = 26
"""Weeks with a week of the year before, below which half a year was not seen twice."""
_ENOUGH_POINTS = 13
"""Sums over a horizon with one of the year before; neighbours share most of their weeks."""
_ENOUGH_EVENTS = 100
"""Events in a usual horizon; among fewer, luck hides a season that moves them by a third."""
_FLAT = 1e-9
"""A standard deviation of logarithms that is rounding and no season."""


def recurrence(pace: Pace, until: int) -> float | None:
    """The part of a season that comes again, from 0 to 1; None where the log is too short, thin or even to tell.

    It is the correlation of the target's events over a horizon with those 52 weeks before, as logarithms and without
    growth. Growth is a straight line, once through all weeks and once through either year: the lesser correlation
    counts, for growth that bends looks like a season beside two lines, and a step between the years beside one.

    Args:
        until: the second from which on nothing is looked at.
    """
    weeks, horizon = _since_it_began(pace.until(until)), max(1, round(pace.horizon / WEEK))
    overlap = len(weeks) - _YEAR
    if overlap < _ENOUGH_WEEKS or overlap - horizon + 1 < _ENOUGH_POINTS:
        return None
    sums = np.lib.stride_tricks.sliding_window_view(weeks, horizon).sum(axis=1)
    return _told(np.log1p(sums)) if sums.mean() >= _ENOUGH_EVENTS else None


def _told(levels: Floats) -> float | None:
    """The lesser correlation, with either way of leaving out growth."""
    throughout = _without_growth(levels)
    found = [
        _correlation(throughout[_YEAR:], throughout[:-_YEAR]),
        _correlation(_without_growth(levels[_YEAR:]), _without_growth(levels[:-_YEAR])),
    ]
    told = [one for one in found if one is not None]
    return max(0.0, min(told)) if len(told) == len(found) else None


def _since_it_began(counts: Sequence[int]) -> npt.NDArray[np.int64]:
    """The weeks without those before a source began to deliver, and without its first, which may not be whole."""
    weeks = np.array(counts, np.int64)
    first = next(iter(np.flatnonzero(weeks).tolist()), 0)
    return weeks[first + 1 :] if first else weeks


def _without_growth(levels: Floats) -> Floats:
    """What a straight line through the levels leaves of them."""
    place = np.arange(len(levels)) - (len(levels) - 1) / 2.0
    around = levels - levels.mean()
    rest: Floats = around - place * ((place @ around) / (place @ place))
    return rest


def _correlation(one: Floats, other: Floats) -> float | None:
    spreads = float(one.std()), float(other.std())
    if min(spreads) < _FLAT:
        return None
    return float(((one - one.mean()) * (other - other.mean())).mean()) / (spreads[0] * spreads[1])
