"""What a window of one track says, but for counts and sums.

Everything before the last step is a whole number, so no cell depends on order, engine or threads. A cell is
float32, NaN where it is undefined.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .kernel_cache import inlined
from .kernel_exact import deviation, minus, pair_at, quotient, single
from .kernel_program import DAY, OPERATIONS, Program
from .kernel_state import (
    FIRST,
    LAST,
    LAST_DAY,
    SQUARE,
    STREAK,
    VALUE,
    State,
    days_between,
    gaps_between,
    sessions_between,
)
from .kernel_tallies import grown

__all__ = ["Window", "cell"]

_CODES = {name: code for name, (code, _) in OPERATIONS.items()}
_MEAN, _STD, _MIN, _MAX, _DISTINCT = (_CODES[name] for name in ("mean", "std", "min", "max", "distinct"))
_LAST, _LAST_2, _LAST_3 = (_CODES[name] for name in ("last", "last_2", "last_3"))
_ACTIVE_DAYS, _SESSIONS, _STREAK = (_CODES[name] for name in ("active_days", "sessions", "streak"))
_SINCE_LAST, _SINCE_FIRST, _AGE_UNKNOWN = (
    _CODES[name] for name in ("days_since_last", "days_since_first", "age_unknown")
)
_TO_SECOND, _TO_THIRD, _GAP_MEAN = (_CODES[name] for name in ("days_to_second", "days_to_third", "gap_mean"))

MISSING_CELL = np.float32(np.nan)


class Window(NamedTuple):
    """A lane that is told, and its track, as records, from the copy with which the window begins: `n` events in the
    seconds `[since, until)`, after so many `before`; the `least` and the `greatest` value, where they are noted."""

    told: Any
    track: Any
    lane: Any
    snap: Any
    since: Any
    until: Any
    before: Any
    n: Any
    least: Any
    greatest: Any


@inlined
def cell(program: Program, state: State, window: Window, code: int) -> Any:
    """The operation's number for a window that is not empty."""
    if code <= _LAST_3:
        return _of_values(program, state, window, code)
    if code in (_TO_SECOND, _TO_THIRD):
        return _of_first_events(program, state, window, 1 if code == _TO_SECOND else 2)
    return _of_times(program, state, window, code)


@inlined
def _of_values(program: Program, state: State, window: Window, code: int) -> Any:
    per_one, at = window.lane.per_one, window.lane.words
    if code == _MEAN:
        return quotient(grown(program, state, window.lane.sum, window.snap), single(window.n * per_one))
    if code == _MIN:
        return quotient(single(window.least), single(per_one))
    if code == _MAX:
        return quotient(single(window.greatest), single(per_one))
    if code == _DISTINCT:
        return np.float32(_differ(state, window))
    if code == _LAST:
        return quotient(single(state.words[at + VALUE]), single(per_one))
    if code == _STD:
        return _deviation(program, state, window, per_one) if window.n > 1 else MISSING_CELL
    back = 2 if code == _LAST_2 else 3
    if window.n < back:
        return MISSING_CELL
    return quotient(
        single(state.history[window.told.lane, state.n_history[window.told.lane] - back, 1]), single(per_one)
    )


@inlined
def _deviation(program: Program, state: State, window: Window, per_one: int) -> Any:
    at = window.lane.words + SQUARE
    squares = minus(pair_at(state.words, at), pair_at(state.snaps[window.snap], at))
    return deviation(window.n, grown(program, state, window.lane.sum, window.snap), squares, per_one)


@inlined
def _differ(state: State, window: Window) -> Any:
    """How many of the lane's codes were met in the window."""
    differ = np.int64(0)
    for k in range(state.n_met[window.told.lane]):
        differ += state.seen[window.told.lane, state.met[window.told.lane, k]] >= window.since
    return differ


@inlined
def _of_first_events(program: Program, state: State, window: Window, later: int) -> Any:
    """Days from a track's first event to one of the next."""
    at = window.track.words + FIRST
    if window.n <= later:
        return MISSING_CELL
    return quotient(single(state.words[at + later] - state.words[at]), single(DAY))


@inlined
def _of_times(program: Program, state: State, window: Window, code: int) -> Any:
    words, then, base = state.words, state.snaps[window.snap], window.track.words
    if code == _SINCE_LAST:
        return quotient(single(window.until - words[base + LAST]), single(DAY))
    if code == _STREAK:
        goes_on = words[base + LAST_DAY] >= (window.until - 1) // DAY - 1
        return np.float32(words[base + STREAK] if goes_on else 0)
    first = state.firsts[window.snap, window.told.track]
    if code == _ACTIVE_DAYS:
        return np.float32(days_between(then, words, base, first, window.before))
    if code == _SESSIONS:
        return np.float32(sessions_between(then, words, base, first, window.before))
    if code == _AGE_UNKNOWN:
        return np.float32(first < program.known_since)
    if code == _SINCE_FIRST:
        return MISSING_CELL if first < program.known_since else quotient(single(window.until - first), single(DAY))
    stretch, gaps = single(words[base + LAST] - first), window.n - 1
    if code == _GAP_MEAN:
        return quotient(stretch, single(gaps * DAY))
    squares = gaps_between(then, words, base, first, window.before)
    return deviation(gaps, stretch, squares, DAY) if gaps > 1 else MISSING_CELL
