"""The kernel: from the events of a bucket to the vectors of its rows, in one pass over each user's events.

Arrays in, arrays out: no file, no engine and no word of the project file is known here. Each event changes a few
words of the tracks that take it. Where a window begins, the words are copied; where a row's cutoff comes, each cell
is made of the words as they are and as they were. So an event costs little, whatever the windows, and a log of any
length takes no more room than the words.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined, lean
from .kernel_fill import fill
from .kernel_program import DAY, DECAYS, FIRSTS, HISTORY, MISSING, SEEN, Events, Feeds, Program
from .kernel_spans import first_at
from .kernel_state import NEVER, State, note_decays, note_time, note_value, state_for

__all__ = ["compute"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Rows(NamedTuple):
    """Rows by user and cutoff, and the matrix that they fill."""

    users: Ints
    cutoffs: Ints
    found: Floats


def compute(events: Events, feeds: Feeds, program: Program, users: Ints, cutoffs: Ints, found: Floats) -> None:
    """Fill `found` (n_rows, n_features) for rows (n_rows,) that are sorted by user and cutoff, in seconds."""
    if not len(users):
        return
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    most_rows = int(np.diff(starts, append=len(users)).max())
    most_events = int(np.diff(events.offsets)[users[starts]].max())
    state = state_for(program, most_rows, most_events)
    _each_user(events, feeds, program, Rows(users, cutoffs, found), state)


@lean
def _each_user(events: Events, feeds: Feeds, program: Program, rows: Rows, state: State) -> None:
    row = 0
    while row < len(rows.users):
        after = _after(rows.users, row)
        _forget(program, state)
        one = Rows(rows.users[row:after], rows.cutoffs[row:after], rows.found[row:after])
        _follow(events, feeds, program, one, state)
        row = after


@inlined
def _after(users: Ints, row: int) -> Any:
    """The first row of the next user."""
    after = row
    while after < len(users) and users[after] == users[row]:
        after += 1
    return after


@inlined
def _forget(program: Program, state: State) -> None:
    """Make the state that of a user of whom nothing happened yet."""
    state.words[:] = 0
    state.filled[:] = 0
    state.next_start[:] = 0
    state.decays[:] = 0.0
    state.decayed_at[:] = 0
    for lane in range(len(program.lane_notes)):
        for k in range(state.n_met[lane]):
            state.seen[lane, state.met[lane, k]] = -NEVER
        state.n_met[lane] = 0
        state.n_history[lane] = 0


@inlined
def _follow(events: Events, feeds: Feeds, program: Program, rows: Rows, state: State) -> None:
    """Fill the rows of one user; what happens at a boundary comes before the events of its second.

    Events that no window can reach change nothing and are passed over.
    """
    end = events.offsets[rows.users[0] + 1]
    start = first_at(events.seconds, events.offsets[rows.users[0]], end, rows.cutoffs[0] - program.reach)
    made, row, boundary = 1, 0, _next_boundary(program.widths, rows.cutoffs, state.next_start, 0)
    for i in range(start, end + 1):
        second = events.seconds[i] if i < end else NEVER
        while boundary <= second and row < len(rows.cutoffs):
            made = _begin_windows(program.widths, rows.cutoffs, state, boundary, made)
            while row < len(rows.cutoffs) and rows.cutoffs[row] == boundary:
                fill(program, state, row, rows.cutoffs[row], rows.found[row])
                row += 1
            boundary = _next_boundary(program.widths, rows.cutoffs, state.next_start, row)
        if row == len(rows.cutoffs):
            break
        for feed in range(feeds.of_kind[events.kinds[i]], feeds.of_kind[events.kinds[i] + 1]):
            track = _track(events, feeds, feed, i)
            if track >= 0:
                _note(events, program, state, track, i, made)


@inlined
def _next_boundary(widths: Ints, cutoffs: Ints, next_start: Ints, row: int) -> Any:
    """The next second at which a window begins or a row's cutoff comes."""
    boundary = cutoffs[row] if row < len(cutoffs) else NEVER
    for width in range(len(widths)):
        if next_start[width] < len(cutoffs):
            boundary = min(boundary, cutoffs[next_start[width]] - widths[width])
    return boundary


@inlined
def _begin_windows(widths: Ints, cutoffs: Ints, state: State, boundary: int, made: int) -> Any:
    """Copy the words for each window that begins at the boundary; so many copies are made then."""
    for width in range(len(widths)):
        row = state.next_start[width]
        while row < len(cutoffs) and cutoffs[row] - widths[width] == boundary:
            for word in range(len(state.words)):
                state.snaps[made, word] = state.words[word]
            state.of_window[row, width] = made
            made, row = made + 1, row + 1
        state.next_start[width] = row
    return made


@inlined
def _track(events: Events, feeds: Feeds, feed: int, i: int) -> Any:
    """The track that a feed leads the event to, -1 for none."""
    if feeds.number[feed] >= 0 and events.numbers[feeds.number[feed], i] == MISSING:
        return np.int64(-1)
    if feeds.category[feed] >= 0 and events.codes[feeds.category[feed], i] < 0:
        return np.int64(-1)
    if feeds.part[feed] < 0:
        return feeds.track[feed]
    code = events.codes[feeds.part[feed], i]
    return feeds.track[feed] + feeds.slots[feeds.slots_at[feed] + code] if code >= 0 else np.int64(-1)


@inlined
def _note(events: Events, program: Program, state: State, track: int, i: int, made: int) -> None:
    """One more event of the track, in its words and in those of its lanes."""
    second, notes = events.seconds[i], program.track_notes[track]
    if notes & FIRSTS:
        for snap in range(state.filled[track], made):
            state.firsts[snap, track] = second
        state.filled[track] = made
    note_time(state.words, program.track_words[track], notes, second, second // DAY)
    for lane in range(program.track_lanes[track], program.track_lanes[track + 1]):
        notes, row = program.lane_notes[lane], program.lane_number[lane]
        if notes:
            value = _value(events, row, program.lane_category[lane], i)
            note_value(state.words, program.lane_words[lane], notes, value)
            if notes & SEEN:
                _meet(state, lane, value, second)
            if notes & HISTORY:
                kept = state.n_history[lane]
                state.history[lane, kept, 0] = second
                state.history[lane, kept, 1] = value
                state.n_history[lane] = kept + 1
            if notes & DECAYS:
                note_decays(program, state, lane, second, value)


@inlined
def _value(events: Events, number: int, category: int, i: int) -> Any:
    """The value of an event in a lane; an event without one counts as 1."""
    if number >= 0:
        return events.numbers[number, i]
    return np.int64(events.codes[category, i]) if category >= 0 else np.int64(1)


@inlined
def _meet(state: State, lane: int, code: Any, second: int) -> None:
    """A code of the lane was met."""
    if state.seen[lane, code] == -NEVER:
        state.met[lane, state.n_met[lane]] = code
        state.n_met[lane] += 1
    state.seen[lane, code] = second
