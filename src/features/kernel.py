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
from .kernel_carried import KEPT, Carried, is_carried, nothing, recall
from .kernel_fill import fill
from .kernel_notes import forget, take
from .kernel_program import Events, Feeds, Program
from .kernel_spans import first_at
from .kernel_state import NEVER, State, state_for
from .kernel_tallies import copy_tallies, may_be_wide

__all__ = ["Wanted", "compute"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Wanted(NamedTuple):
    """Rows by user and cutoff, and the matrix that they fill."""

    users: Ints
    cutoffs: Ints
    found: Floats


def compute(events: Events, feeds: Feeds, program: Program, rows: Wanted, start: Carried | None = None) -> None:
    """Fill the rows, which are sorted by user and cutoff.

    Args:
        start: what each user starts from; then only events from its `until` on are read, and no cutoff lies before it.
            A window that begins before `until` lacks events. Any other is exact: it is the difference of what was noted
            by its two ends, and whether a day, a session or a gap reaches into it is judged by the latest event that
            was noted before. If that was never noted, nothing was added for it that were to be taken off again.
    """
    if not len(rows.users):
        return
    starts = np.flatnonzero(np.diff(rows.users, prepend=-1))
    most_rows = int(np.diff(starts, append=len(rows.users)).max())
    most_events = int(np.diff(events.offsets)[rows.users[starts]].max())
    state = state_for(program, most_rows, most_events + KEPT)
    _each_user(events, feeds, program, rows, nothing(program) if start is None else start, state)


@lean
def _each_user(events: Events, feeds: Feeds, program: Program, rows: Wanted, start: Carried, state: State) -> None:
    row = 0
    while row < len(rows.users):
        after = _after(rows.users, row)
        forget(program, state)
        recall(program, start, rows.users[row], state)
        one = Wanted(rows.users[row:after], rows.cutoffs[row:after], rows.found[row:after])
        _follow(events, feeds, program, one, start, state)
        row = after


@inlined
def _after(users: Ints, row: int) -> Any:
    """The first row of the next user."""
    after = row
    while after < len(users) and users[after] == users[row]:
        after += 1
    return after


@inlined
def _follow(events: Events, feeds: Feeds, program: Program, rows: Wanted, start: Carried, state: State) -> None:
    """Fill the rows of one user; what happens at a boundary comes before the events of its second.

    Events that no window can reach change nothing and are passed over.
    """
    earliest = max(start.until, rows.cutoffs[0] - program.reach)
    end = events.offsets[rows.users[0] + 1]
    i = first_at(events.seconds, events.offsets[rows.users[0]], end, earliest)
    state.is_wide[0] |= may_be_wide(events.numbers, feeds.summed, i, end)
    _look_ahead(program.widths, rows.cutoffs, state.begins)
    copied_at, made, row = i - is_carried(start), 1, 0
    while row < len(rows.cutoffs):
        boundary = _next_boundary(state.begins, rows.cutoffs[row])
        while i < end and events.seconds[i] < boundary:
            take(events, feeds, program, state, i, made)
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
