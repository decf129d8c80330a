"""When the events of a track were, in the words of the track, and what these say of a window.

Words: the second and the day of the latest event, how often the day changed, the sum of squared gaps, how many sessions
began, how many days in a row, the seconds of the first three. Those that nobody asks for at the end of the list are
left out, since all are copied where a window begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_exact import U, minus, pair_at, plus, put_pair, squared
from .kernel_program import DAY, DAYS, EARLY, GAPS, LASTS, SESSION_GAP, SESSIONS, STREAKS
from .kernel_state import NEVER, Run, State

__all__ = [
    "FIRST", "LAST", "LAST_DAY", "STREAK", "days_between", "gaps_between", "note_times", "sessions_between",
    "words_of_track",
]  # fmt: skip

Ints = npt.NDArray[np.int64]

LAST, LAST_DAY, CHANGES, GAP_SQUARES, BEGUN, STREAK, FIRST = U(0), U(1), U(2), U(3), U(5), U(6), U(7)
"""Words of a track, from where these begin."""


def words_of_track(notes: int) -> int:
    """How many words such a track has."""
    sizes = ((EARLY, 10), (STREAKS, 7), (SESSIONS, 6), (GAPS, 5), (DAYS, 3), (LASTS, 1))
    return next((size for note, size in sizes if notes & note), 0)


@inlined
def note_times(seconds: Ints, state: State, base: Any, notes: int, n: Any, run: Run) -> None:
    """More events of the track whose words begin at `base`, after n others."""
    if notes & DAYS:
        _note_days(seconds, state, base, notes, n, run)
    if notes & SESSIONS:
        _note_sessions(seconds, state, base, n, run)
    if notes & EARLY:
        for k in range(run.first, min(run.end, run.first + 3 - n)):
            state.words[base + FIRST + U(n + k - run.first)] = seconds[U(run.own[U(k)])]
    if notes & GAPS:
        _note_gaps(seconds, state, base, n, run)
    if notes & LASTS:
        state.words[base + LAST] = seconds[U(run.own[U(run.end - 1)])]


@inlined
def _note_days(seconds: Ints, state: State, base: Any, notes: int, n: Any, run: Run) -> None:
    last = state.words[base + LAST_DAY] if n > 0 else -NEVER
    changes, streak = state.words[base + CHANGES], np.int64(0)
    if notes & STREAKS:
        streak = state.words[base + STREAK]
    for k in range(run.first, run.end):
        day = seconds[U(run.own[U(k)])] // DAY
        is_new = np.int64(day != last)
        streak = streak * np.int64(day <= last + 1) + is_new
        changes += is_new
        last = day
    state.words[base + LAST_DAY], state.words[base + CHANGES] = last, changes
    if notes & STREAKS:
        state.words[base + STREAK] = streak


@inlined
def _note_sessions(seconds: Ints, state: State, base: Any, n: Any, run: Run) -> None:
    last = state.words[base + LAST] if n > 0 else -NEVER
    for k in range(run.first, run.end):
        second = seconds[U(run.own[U(k)])]
        state.words[base + BEGUN] += second - last > SESSION_GAP
        last = second


@inlined
def _note_gaps(seconds: Ints, state: State, base: Any, n: Any, run: Run) -> None:
    last = state.words[base + LAST] if n > 0 else seconds[U(run.own[U(run.first)])]
    total = pair_at(state.words, base + GAP_SQUARES)
    for k in range(run.first, run.end):
        second = seconds[U(run.own[U(k)])]
        total = plus(total, squared(second - last))
        last = second
    put_pair(state.words, base + GAP_SQUARES, total)


@inlined
def days_between(then: Ints, now: Ints, base: Any, first: Any, before: Any) -> Any:
    """On how many days events of a track lie, the first of them at the second `first`, after so many before."""
    is_going_on = before > 0 and then[base + LAST_DAY] == first // DAY
    return now[base + CHANGES] - then[base + CHANGES] + is_going_on


@inlined
def sessions_between(then: Ints, now: Ints, base: Any, first: Any, before: Any) -> Any:
    """How many sessions the events of a track belong to, the first of them at the second `first`."""
    is_going_on = before > 0 and first - then[base + LAST] <= SESSION_GAP
    return now[base + BEGUN] - then[base + BEGUN] + is_going_on


@inlined
def gaps_between(then: Ints, now: Ints, base: Any, first: Any, before: Any) -> Any:
    """The sum of squared gaps between events of a track, the first of them at the second `first`."""
    until = pair_at(then, base + GAP_SQUARES)
    if before > 0:
        until = plus(until, squared(first - then[base + LAST]))
    return minus(pair_at(now, base + GAP_SQUARES), until)
