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
from .kernel_program import DECAYS, FIRSTS, HISTORY, MISSING, SEEN, Events, Feeds, Program
from .kernel_spans import first_at
from .kernel_state import NEVER, State, note_decays, note_time, note_value, state_for
from .kernel_tallies import add_to_tallies, copy_tallies, may_be_wide

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
    state.tallies[:] = 0.0
    state.totals[:] = 0
    state.words[:] = 0
    state.filled[:] = 0
    state.next_row[:] = 0
    state.decays[:] = 0.0
    state.decayed_at[:] = 0
    for lane in range(len(program.lanes)):
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
    state.is_wide[0] = may_be_wide(events.numbers, feeds.summed, start, end)
    _look_ahead(program.widths, rows.cutoffs, state.begins)
    i, copied_at, made, row = start, start, 1, 0
    while row < len(rows.cutoffs):
        boundary = _next_boundary(state.begins, rows.cutoffs[row])
        while i < end and events.seconds[i] < boundary:
            _take(events, feeds, program, state, i, made)
            i += 1
        if copied_at < i and _begins(state.begins, boundary):
            _copy(state, made)
            copied_at, made = i, made + 1
        _begin_windows(program.widths, rows.cutoffs, state, boundary, made - 1)
        while row < len(rows.cutoffs) and rows.cutoffs[row] == boundary:
            fill(program, state, row, boundary, made - 1 if copied_at == i else -1, rows.found[row])
            row += 1


@inlined
def _look_ahead(widths: Ints, cutoffs: Ints, begins: Ints) -> None:
    """Say when the first window of each width begins."""
    for width in range(len(widths)):
        begins[width] = cutoffs[0] - widths[width]


@inlined
def _next_boundary(begins: Ints, cutoff: int) -> Any:
    """The next second at which a window begins or a row's cutoff comes."""
    boundary = cutoff
    for width in range(len(begins)):
        boundary = min(boundary, begins[width])
    return boundary


@inlined
def _begins(begins: Ints, boundary: int) -> Any:
    """Whether a window begins at the boundary."""
    found = False
    for width in range(len(begins)):
        found |= begins[width] == boundary
    return found


@inlined
def _copy(state: State, snap: int) -> None:
    """Copy what is noted."""
    copy_tallies(state, snap)
    for word in range(len(state.words)):
        state.snaps[snap, word] = state.words[word]


@inlined
def _begin_windows(widths: Ints, cutoffs: Ints, state: State, boundary: int, snap: int) -> None:
    """Let each window that begins at the boundary begin with that copy."""
    for width in range(len(widths)):
        while state.begins[width] == boundary:
            row = state.next_row[width]
            state.of_window[row, width] = snap
            state.next_row[width] = row + 1
            state.begins[width] = cutoffs[row + 1] - widths[width] if row + 1 < len(cutoffs) else NEVER


@inlined
def _take(events: Events, feeds: Feeds, program: Program, state: State, i: int, made: int) -> None:
    """Lead an event to its tracks."""
    for place in range(feeds.of_kind[events.kinds[i]], feeds.of_kind[events.kinds[i] + 1]):
        feed = feeds.each[place]
        slot = _slot(events, feeds, feed, i)
        if slot >= 0:
            add_to_tallies(events, feeds, state, feed, slot, i)
            if feed.is_noted:
                _note(events, program, state, feed.track + slot, i, made)


@inlined
def _slot(events: Events, feeds: Feeds, feed: Any, i: int) -> Any:
    """The slot that a feed leads the event to, -1 for none."""
    if feed.number >= 0 and events.numbers[feed.number, i] == MISSING:
        return np.int64(-1)
    if feed.category >= 0 and events.codes[feed.category, i] < 0:
        return np.int64(-1)
    if feed.part < 0:
        return np.int64(0)
    code = events.codes[feed.part, i]
    return feeds.slots[feed.slots_at + code] if code >= 0 else np.int64(-1)


@inlined
def _note(events: Events, program: Program, state: State, at: int, i: int, made: int) -> None:
    """One more event of the track, in its words and in those of its lanes."""
    track, second = program.tracks[at], events.seconds[i]
    if track.notes & FIRSTS:
        for snap in range(state.filled[at], made):
            state.firsts[snap, at] = second
        state.filled[at] = made
    if track.notes:
        note_time(state.words, track.words, track.notes, second, np.int64(state.tallies[track.count]) - 1)
    for place in range(track.first_lane, track.end_lane):
        lane = program.lanes[place]
        if lane.notes:
            value = _value(events, lane.number, lane.category, i)
            note_value(state.words, lane.words, lane.notes, value)
            _note_value(state, place, lane.notes, second, value)
            if lane.notes & DECAYS:
                note_decays(program, state, lane, second, value)


@inlined
def _note_value(state: State, lane: int, notes: int, second: int, value: Any) -> None:
    """One more value of the lane, among those it keeps."""
    if notes & SEEN:
        _meet(state, lane, value, second)
    if notes & HISTORY:
        kept = state.n_history[lane]
        state.history[lane, kept, 0] = second
        state.history[lane, kept, 1] = value
        state.n_history[lane] = kept + 1


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
