"""What a window of one track says: one function for each operation.

Everything before the last step is a whole number, so no cell depends on order, engine or threads. A cell is
float32, NaN where it is undefined.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .kernel_cache import inlined
from .kernel_exact import deviation, quotient, single
from .kernel_program import DAY, OPERATIONS

__all__ = ["Facts", "amount", "cell"]

_CODES = {name: code for name, (code, _) in OPERATIONS.items()}
_COUNT, _SUM, _MEAN, _STD = (_CODES[name] for name in ("count", "sum", "mean", "std"))
_MIN, _MAX, _DISTINCT = (_CODES[name] for name in ("min", "max", "distinct"))
_LAST, _LAST_2, _LAST_3 = (_CODES[name] for name in ("last", "last_2", "last_3"))
_ACTIVE_DAYS, _SESSIONS, _STREAK = (_CODES[name] for name in ("active_days", "sessions", "streak"))
_SINCE_LAST, _SINCE_FIRST, _AGE_UNKNOWN = (
    _CODES[name] for name in ("days_since_last", "days_since_first", "age_unknown")
)
_TO_SECOND, _TO_THIRD = (_CODES[name] for name in ("days_to_second", "days_to_third"))
_GAP_MEAN, _GAP_STD, _EVENTS = (_CODES[name] for name in ("gap_mean", "gap_std", "amount_of_events"))


class Facts(NamedTuple):
    """What is known of a window: plain numbers, for a call that hands arrays on costs more than what it computes.

    `n` events on so many `days`; the seconds of the `first` and the `last`, and the last one's `value`; the `total` of
    values, of `squares` and of squared `gaps` as pairs; the `least` and the `greatest` value and how many `differ`; the
    `sessions` they belong to, the days of the `streak` that goes on, the `second` and the `third` event ever, and the
    latest value but one and but two, `value_2` and `value_3`. What is not noted means nothing.
    """

    n: Any
    first: Any
    last: Any
    value: Any
    days: Any
    total: Any
    squares: Any
    gaps: Any
    least: Any
    greatest: Any
    differ: Any
    sessions: Any
    streak: Any
    second: Any
    third: Any
    value_2: Any
    value_3: Any


@inlined
def amount(code: int, facts: Facts) -> Any:
    """What the window amounts to, as a pair: how many events it has, or the sum of its values."""
    return single(facts.n) if code == _EVENTS else facts.total


@inlined
def cell(code: int, facts: Facts, cutoff: int, per_one: int, known_since: int) -> Any:
    """The operation's number for a window that is not empty; `per_one` units of its values make one."""
    if code == _COUNT:
        return np.float32(facts.n)
    if code == _SUM:
        return quotient(facts.total, single(per_one))
    if code == _ACTIVE_DAYS:
        return np.float32(facts.days)
    if code == _DISTINCT:
        return np.float32(facts.differ)
    if code == _SESSIONS:
        return np.float32(facts.sessions)
    if code == _STREAK:
        return np.float32(facts.streak)
    if code == _AGE_UNKNOWN:
        return np.float32(facts.first < known_since)
    if code <= _LAST_3:
        return _of_values(code, facts, per_one)
    return _of_times(code, facts, cutoff, known_since)


@inlined
def _of_values(code: int, facts: Facts, per_one: int) -> Any:
    if code == _MEAN:
        return quotient(facts.total, single(facts.n * per_one))
    if code == _MIN:
        return quotient(single(facts.least), single(per_one))
    if code == _MAX:
        return quotient(single(facts.greatest), single(per_one))
    if code == _LAST:
        return quotient(single(facts.value), single(per_one))
    if code == _LAST_2:
        return quotient(single(facts.value_2), single(per_one)) if facts.n > 1 else np.float32(np.nan)
    if code == _LAST_3:
        return quotient(single(facts.value_3), single(per_one)) if facts.n > 2 else np.float32(np.nan)
    return deviation(facts.n, facts.total, facts.squares, per_one) if facts.n > 1 else np.float32(np.nan)


@inlined
def _of_times(code: int, facts: Facts, cutoff: int, known_since: int) -> Any:
    stretch, gaps = facts.last - facts.first, facts.n - 1
    if code == _SINCE_LAST:
        return quotient(single(cutoff - facts.last), single(DAY))
    if code == _SINCE_FIRST:
        return np.float32(np.nan) if facts.first < known_since else quotient(single(cutoff - facts.first), single(DAY))
    if code == _TO_SECOND:
        return quotient(single(facts.second - facts.first), single(DAY)) if facts.n > 1 else np.float32(np.nan)
    if code == _TO_THIRD:
        return quotient(single(facts.third - facts.first), single(DAY)) if facts.n > 2 else np.float32(np.nan)
    if code == _GAP_MEAN:
        return quotient(single(stretch), single(gaps * DAY))
    return deviation(gaps, single(stretch), facts.gaps, DAY) if gaps > 1 else np.float32(np.nan)
