"""What is noted of one user on the way through their events: a few words for each track and lane.

Of a track: the second and the day of the latest event, how often the day changed, the sum of squared gaps, how many
sessions began, how many days in a row, the seconds of the first three. Of a lane: the sum of squares, which takes two
words, and the latest value. Words that nobody asks for at the end of these lists are left out, since all are copied
where a window begins. Counts and sums of values stand apart as tallies.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_exact import U, minus, pair_at, plus, put_pair, squared
from .kernel_program import (
    DAY,
    DAYS,
    EARLY,
    GAPS,
    HISTORY,
    LASTS,
    LATEST,
    SESSION_GAP,
    SESSIONS,
    SQUARES,
    STREAKS,
    Feeds,
    Program,
)

__all__ = [
    "FIRST", "LAST", "LAST_DAY", "NEVER", "SQUARE", "STREAK", "VALUE", "State", "days_between", "gaps_between",
    "note_decays", "note_time", "note_value", "sessions_between", "state_for", "words_of_lane", "words_of_track",
]  # fmt: skip

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

LAST, LAST_DAY, CHANGES, GAP_SQUARES, BEGUN, STREAK, FIRST = U(0), U(1), U(2), U(3), U(5), U(6), U(7)
"""Words of a track, from where these begin."""
SQUARE, VALUE = U(0), U(2)
"""Words of a lane, from where these begin."""
NEVER = np.int64(2**62)
"""After every second; negated, before every second."""


class State(NamedTuple):
    """The words of a user, and what they were after each stretch of their time.

    Of the stretch at hand `of_kind` (n_kinds,) events are of each kind, and those of which more than that matters are
    `listed` (capacity,). Copy 0 is from before every event, copy s from the end of stretch s: `tally_snaps` (n_snaps,
    n_tallies) of all counts, then all sums, and `snaps` (n_snaps, n_words) of the `words`, all tracks, then all lanes.
    A sum is as exact as float64 is; where that is not enough `is_wide` (1,) is not 0 and `total_snaps` (n_snaps,
    n_tallies, 2) hold it. `quotients` (n_tallies,) are cells on their way. `of_window` (n_rows, n_widths + 1) says
    which copy a window begins with, `next_row` (n_widths,) which row's window begins next, and `begins` (n_widths,)
    when. `n_noted` (n_tracks,) is how many events were noted of a track, `firsts` (n_snaps, n_tracks) the first second
    after a copy, `filled` (n_tracks,) how many copies know it. `seen` (n_lanes, n_codes) is when a code was met last,
    `met` (n_lanes, n_codes) lists the codes met, `n_met` of them. `history` (n_lanes, capacity, 2) holds second and
    value, `n_history` of them. `decays` (n_decays,) are sums as they were at `decayed_at`.
    """

    of_kind: Ints
    listed: Ints
    tally_snaps: Doubles
    is_wide: Ints
    total_snaps: Ints
    quotients: Floats
    words: Ints
    snaps: Ints
    of_window: Ints
    next_row: Ints
    begins: Ints
    n_noted: Ints
    firsts: Ints
    filled: Ints
    seen: Ints
    met: Ints
    n_met: Ints
    history: Ints
    n_history: Ints
    decays: Doubles
    decayed_at: Ints


def words_of_track(notes: int) -> int:
    """How many words such a track has."""
    sizes = ((EARLY, 10), (STREAKS, 7), (SESSIONS, 6), (GAPS, 5), (DAYS, 3), (LASTS, 1))
    return next((size for note, size in sizes if notes & note), 0)


def words_of_lane(notes: int) -> int:
    """How many words such a lane has."""
    return 3 if notes & LATEST else 2 if notes & SQUARES else 0


def state_for(feeds: Feeds, program: Program, n_rows: int, n_events: int) -> State:
    """Room for users of so many rows and events; what is never used takes no memory."""
    n_tracks, n_lanes, n_widths = len(program.tracks), len(program.lanes), len(program.widths)
    n_tallies, n_decays, notes = len(program.units), len(program.decays), program.lanes["notes"]
    n_kinds, n_snaps = len(feeds.is_listed), n_rows * (n_widths + 1) + 2
    n_codes, n_kept = feeds.n_codes, n_events * bool((notes & HISTORY).any())
    return State(
        of_kind=np.zeros(n_kinds, np.int64),
        listed=np.empty(n_events, np.int64),
        tally_snaps=np.zeros((n_snaps, n_tallies)),
        is_wide=np.zeros(1, np.int64),
        total_snaps=np.zeros((n_snaps, n_tallies, 2), np.int64),
        quotients=np.zeros(n_tallies, np.float32),
        words=np.zeros(program.n_words, np.int64),
        snaps=np.zeros((n_snaps, program.n_words), np.int64),
        of_window=np.zeros((n_rows, n_widths + 1), np.int64),
        next_row=np.zeros(n_widths, np.int64),
        begins=np.zeros(n_widths, np.int64),
        n_noted=np.zeros(n_tracks, np.int64),
        firsts=np.zeros((n_snaps, n_tracks), np.int64),
        filled=np.zeros(n_tracks, np.int64),
        seen=np.full((n_lanes, n_codes), -NEVER),
        met=np.empty((n_lanes, n_codes), np.int64),
        n_met=np.zeros(n_lanes, np.int64),
        history=np.empty((n_lanes, n_kept, 2), np.int64),
        n_history=np.zeros(n_lanes, np.int64),
        decays=np.zeros(n_decays),
        decayed_at=np.zeros(n_decays, np.int64),
    )


@inlined
def note_time(words: Ints, base: Any, notes: int, second: int, n: Any) -> Any:
    """One more event of the track whose words begin at `base`, after n others."""
    if notes & DAYS:
        _note_day(words, base, notes, second // DAY, n)
    if notes & SESSIONS and (n == 0 or second - words[base + LAST] > SESSION_GAP):
        words[base + BEGUN] += 1
    if notes & EARLY and n < 3:
        words[base + FIRST + U(n)] = second
    if notes & GAPS and n > 0:
        _add(words, base + GAP_SQUARES, squared(second - words[base + LAST]))
    if notes & LASTS:
        words[base + LAST] = second


@inlined
def _note_day(words: Ints, base: Any, notes: int, day: int, n: Any) -> None:
    if n > 0 and words[base + LAST_DAY] == day:
        return
    if notes & STREAKS:
        goes_on = n > 0 and words[base + LAST_DAY] == day - 1
        words[base + STREAK] = words[base + STREAK] + 1 if goes_on else 1
    words[base + CHANGES] += 1
    words[base + LAST_DAY] = day


@inlined
def note_value(words: Ints, base: Any, notes: int, value: Any) -> Any:
    """One more value of the lane whose words begin at `base`."""
    if notes & SQUARES:
        _add(words, base + SQUARE, squared(value))
    if notes & LATEST:
        words[base + VALUE] = value


@inlined
def note_decays(program: Program, state: State, lane: Any, second: int, value: Any) -> None:
    """One more value of a lane whose values halve again and again."""
    for decay in range(lane.first_decay, lane.end_decay):
        age = float(second - state.decayed_at[decay]) / float(program.decays[decay].half_life)
        state.decays[decay] = state.decays[decay] * 2.0**-age + float(value)
        state.decayed_at[decay] = second


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


@inlined
def _add(words: Ints, at: int, number: Any) -> Any:
    put_pair(words, at, plus(pair_at(words, at), number))
