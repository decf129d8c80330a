"""What a window of one track says, but for counts and sums.

Each but the deviations is one whole number over another, so no cell depends on order, engine or threads. A cell is
float32, NaN where it is undefined, which is where its divisor is 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .kernel_cache import inlined
from .kernel_exact import U, deviation, fraction, minus, pair_at, quotient, single
from .kernel_program import DAY, OPERATIONS, Program
from .kernel_state import State
from .kernel_tallies import grown
from .kernel_times import FIRST, LAST, LAST_DAY, STREAK, days_between, gaps_between, sessions_between
from .kernel_values import SQUARE, VALUE

__all__ = ["Window", "cell"]

_CODES = {name: code for name, (code, _) in OPERATIONS.items()}
_MEAN, _STD, _MIN, _MAX, _DISTINCT = (_CODES[name] for name in ("mean", "std", "min", "max", "distinct"))
_LAST, _LAST_3 = (_CODES[name] for name in ("last", "last_3"))
_ACTIVE_DAYS, _SESSIONS, _STREAK = (_CODES[name] for name in ("active_days", "sessions", "streak"))
_SINCE_LAST, _SINCE_FIRST, _AGE_UNKNOWN = (
    _CODES[name] for name in ("days_since_last", "days_since_first", "age_unknown")
)
_TO_SECOND, _TO_THIRD, _GAP_STD = (_CODES[name] for name in ("days_to_second", "days_to_third", "gap_std"))

NONE, ONE, TWO, A_DAY = np.int64(0), np.int64(1), np.int64(2), np.int64(DAY)


class Window(NamedTuple):
    """A lane that is told, and its track, as records, in a window that begins with the copy `snap` and ends with `now`:
    `n` events in the seconds `[since, until)`, after so many `before`; the `least` and the `greatest` value, where
    they are noted."""

    told: Any
    track: Any
    lane: Any
    snap: Any
    now: Any
    since: Any
    until: Any
    before: Any
    n: Any
    least: Any
    greatest: Any


@inlined
def cell(program: Program, state: State, window: Window, code: int) -> Any:
    """The operation's number for a window that is not empty."""
    if code == _STD:
        return _deviation_of_values(program, state, window)
    if code == _GAP_STD:
        return _deviation_of_gaps(state, window)
    if code == _MEAN:
        total = grown(program, state, window.lane.sum, window.snap, window.now)
        return quotient(total, single(window.n * window.lane.per_one))
    whole, divisor = _of_value(state, window, code) if code <= _LAST_3 else _of_times(program, state, window, code)
    return fraction(whole, divisor)


@inlined
def _of_value(state: State, window: Window, code: int) -> Any:
    """One value, or how many differ, and what it is to be divided by; 0 where there is none."""
    per_one = window.lane.per_one
    if code == _MIN:
        return window.least, per_one
    if code == _MAX:
        return window.greatest, per_one
    if code == _DISTINCT:
        return _differ(state, window), ONE
    back = code - _LAST
    return state.words[U(window.lane.words) + VALUE + U(back)], per_one if window.n > back else NONE


@inlined
def _differ(state: State, window: Window) -> Any:
    """How many of the lane's codes were met in the window."""
    differ, lane = np.int64(0), U(window.told.lane)
    for k in range(state.n_met[lane]):
        differ += state.seen[lane, U(state.met[lane, k])] >= window.since
    return differ


@inlined
def _of_times(program: Program, state: State, window: Window, code: int) -> Any:
    """Whole seconds or days or sessions, and what these are to be divided by; 0 where it is undefined."""
    words, base = state.words, U(window.track.words)
    if code == _SINCE_LAST:
        return window.until - words[base + LAST], A_DAY
    if code == _STREAK:
        goes_on = words[base + LAST_DAY] >= (window.until - 1) // DAY - 1
        return words[base + STREAK] if goes_on else NONE, ONE
    if code in (_TO_SECOND, _TO_THIRD):
        later = ONE if code == _TO_SECOND else TWO
        return words[base + FIRST + U(later)] - words[base + FIRST], A_DAY if window.n > later else NONE
    return _since_first_event(program, state, window, code)


@inlined
def _since_first_event(program: Program, state: State, window: Window, code: int) -> Any:
    """The same of what rests on the window's first event."""
    then, now, base = state.snaps[window.snap], state.words, U(window.track.words)
    first = state.firsts[window.snap, window.told.track]
    if code == _ACTIVE_DAYS:
        return days_between(then, now, base, first, window.before), ONE
    if code == _SESSIONS:
        return sessions_between(then, now, base, first, window.before), ONE
    if code == _AGE_UNKNOWN:
        return np.int64(first < program.known_since), ONE
    if code == _SINCE_FIRST:
        return window.until - first, NONE if first < program.known_since else A_DAY
    return now[base + LAST] - first, (window.n - 1) * DAY


@inlined
def _deviation_of_values(program: Program, state: State, window: Window) -> Any:
    at = U(window.lane.words) + SQUARE
    total = grown(program, state, window.lane.sum, window.snap, window.now)
    squares = minus(pair_at(state.words, at), pair_at(state.snaps[window.snap], at))
    return deviation(window.n, total, squares, window.lane.per_one)


@inlined
def _deviation_of_gaps(state: State, window: Window) -> Any:
    then, now, base = state.snaps[window.snap], state.words, U(window.track.words)
    first = state.firsts[window.snap, window.told.track]
    squares = gaps_between(then, now, base, first, window.before)
    return deviation(window.n - 1, single(now[base + LAST] - first), squares, DAY)
