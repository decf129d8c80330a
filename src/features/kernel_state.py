"""What is noted of one user on the way through their events: a few words for each track and lane.

Of a track: how many events, the second and the day of the latest, how often the day changed, the sum of squared
gaps, how many sessions began, how many days in a row, the seconds of the first three. Of a lane: the sum of values
and of their squares, the latest value. Sums take two words. Words that nobody asks for at the end of these lists are
left out, since all are copied where a window begins.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_exact import minus, plus, single, squared
from .kernel_program import (
    DAY,
    DAYS,
    EARLY,
    GAPS,
    HISTORY,
    LATEST,
    SEEN,
    SESSION_GAP,
    SESSIONS,
    SQUARES,
    STREAKS,
    SUMS,
    Program,
)

__all__ = [
    "COUNT", "FIRST", "LAST", "LAST_DAY", "NEVER", "SQUARE", "STREAK", "TOTAL", "VALUE", "State", "days_between",
    "gaps_between", "note_decays", "note_time", "note_value", "pair_at", "put_pair", "sessions_between", "state_for",
    "words_of_lane", "words_of_track",
]  # fmt: skip

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

COUNT, LAST, LAST_DAY, CHANGES, GAP_SQUARES, BEGUN, STREAK, FIRST = 0, 1, 2, 3, 4, 6, 7, 8
"""Words of a track, from where these begin."""
TOTAL, SQUARE, VALUE = 0, 2, 4
"""Words of a lane, from where these begin."""
NEVER = np.int64(2**62)
"""After every second; negated, before every second."""


class State(NamedTuple):
    """The words of a user, and what they were at the boundaries behind.

    `words` holds all tracks, then all lanes, and `snaps` (n_snaps, n_words) copies of it, the first from before every
    event. `of_window` (n_rows, n_widths) says which copy a window begins with, `next_start` (n_widths,) which row's
    window begins next. `firsts` (n_snaps, n_tracks) is the first second after a copy, `filled` (n_tracks,) how many
    copies know it. `seen` (n_lanes, n_codes) is when a code was met last, `met` (n_lanes, n_codes) lists the codes met,
    `n_met` of them. `history` (n_lanes, capacity, 2) holds second and value, `n_history` of them. `amounts` (n_amounts,
    2) are what ratios are made of. `decays` (n_decays,) are sums as they were at `decayed_at`.
    """

    words: Ints
    snaps: Ints
    of_window: Ints
    firsts: Ints
    filled: Ints
    seen: Ints
    met: Ints
    n_met: Ints
    history: Ints
    n_history: Ints
    next_start: Ints
    amounts: Ints
    decays: Floats
    decayed_at: Ints


def words_of_track(notes: int) -> int:
    """How many words such a track has."""
    sizes = ((EARLY, 11), (STREAKS, 8), (SESSIONS, 7), (GAPS, 6), (DAYS, 4))
    return next((size for note, size in sizes if notes & note), 2)


def words_of_lane(notes: int) -> int:
    """How many words such a lane has."""
    return 5 if notes & LATEST else 4 if notes & SQUARES else 2 if notes & SUMS else 0


def state_for(program: Program, n_rows: int, n_events: int) -> State:
    """Room for users of so many rows and events; what is never used takes no memory."""
    n_tracks, n_lanes, n_widths = len(program.track_notes), len(program.lane_notes), len(program.widths)
    n_words, n_snaps, notes = program.n_words, n_rows * n_widths + 1, program.lane_notes
    n_codes, n_kept = program.n_codes * bool((notes & SEEN).any()), n_events * bool((notes & HISTORY).any())
    return State(
        np.zeros(n_words, np.int64),
        np.zeros((n_snaps, n_words), np.int64),
        np.zeros((n_rows, n_widths + 1), np.int64),
        np.zeros((n_snaps, n_tracks), np.int64),
        np.zeros(n_tracks, np.int64),
        np.full((n_lanes, n_codes), -NEVER),
        np.empty((n_lanes, n_codes), np.int64),
        np.zeros(n_lanes, np.int64),
        np.empty((n_lanes, n_kept, 2), np.int64),
        np.zeros(n_lanes, np.int64),
        np.zeros(n_widths, np.int64),
        np.zeros((program.n_amounts, 2), np.int64),
        np.zeros(len(program.half_lives)),
        np.zeros(len(program.half_lives), np.int64),
    )


@inlined
def note_time(words: Ints, base: int, notes: int, second: int, day: int) -> Any:
    """One more event of the track whose words begin at `base`."""
    n = words[base + COUNT]
    words[base + COUNT] = n + 1
    if notes & DAYS and (n == 0 or words[base + LAST_DAY] != day):
        if notes & STREAKS:
            goes_on = n > 0 and words[base + LAST_DAY] == day - 1
            words[base + STREAK] = words[base + STREAK] + 1 if goes_on else 1
        words[base + CHANGES] += 1
        words[base + LAST_DAY] = day
    if notes & SESSIONS and (n == 0 or second - words[base + LAST] > SESSION_GAP):
        words[base + BEGUN] += 1
    if notes & EARLY and n < 3:
        words[base + FIRST + n] = second
    if notes & GAPS and n > 0:
        _add(words, base + GAP_SQUARES, squared(second - words[base + LAST]))
    words[base + LAST] = second


@inlined
def note_value(words: Ints, base: int, notes: int, value: Any) -> Any:
    """One more value of the lane whose words begin at `base`."""
    if notes & SUMS:
        _add(words, base + TOTAL, single(value))
    if notes & SQUARES:
        _add(words, base + SQUARE, squared(value))
    if notes & LATEST:
        words[base + VALUE] = value


@inlined
def note_decays(program: Program, state: State, lane: int, second: int, value: Any) -> None:
    """One more value of a lane whose values halve again and again."""
    for decay in range(program.lane_decays[lane], program.lane_decays[lane + 1]):
        age = float(second - state.decayed_at[decay]) / float(program.half_lives[decay])
        state.decays[decay] = state.decays[decay] * 2.0**-age + float(value)
        state.decayed_at[decay] = second


@inlined
def days_between(then: Ints, now: Ints, base: int, first: Any) -> Any:
    """On how many days events of a track lie, the first of them at the second `first`."""
    is_going_on = then[base + COUNT] > 0 and then[base + LAST_DAY] == first // DAY
    return now[base + CHANGES] - then[base + CHANGES] + is_going_on


@inlined
def sessions_between(then: Ints, now: Ints, base: int, first: Any) -> Any:
    """How many sessions the events of a track belong to, the first of them at the second `first`."""
    is_going_on = then[base + COUNT] > 0 and first - then[base + LAST] <= SESSION_GAP
    return now[base + BEGUN] - then[base + BEGUN] + is_going_on


@inlined
def gaps_between(then: Ints, now: Ints, base: int, first: Any) -> Any:
    """The sum of squared gaps between events of a track, the first of them at the second `first`."""
    before = pair_at(then, base + GAP_SQUARES)
    if then[base + COUNT] > 0:
        before = plus(before, squared(first - then[base + LAST]))
    return minus(pair_at(now, base + GAP_SQUARES), before)


@inlined
def pair_at(words: Ints, at: int) -> Any:
    """Two words as a whole number of 128 bits."""
    return np.uint64(words[at]), np.uint64(words[at + 1])


@inlined
def put_pair(words: Ints, at: int, number: Any) -> Any:
    """Put a whole number of 128 bits into two words."""
    words[at] = np.int64(number[0])
    words[at + 1] = np.int64(number[1])


@inlined
def _add(words: Ints, at: int, number: Any) -> Any:
    put_pair(words, at, plus(pair_at(words, at), number))
