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
from .kernel_carried import Carried, nothing, recall
from .kernel_fill import Cut, fill
from .kernel_notes import forget
from .kernel_program import Events, Feeds, Program
from .kernel_spans import first_at
from .kernel_state import State, state_for
from .kernel_stretches import begin_windows, gather, look_ahead, next_boundary, take
from .kernel_tallies import may_be_wide

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
    state = state_for(feeds, program, most_rows, most_events)
    _each_user(events, feeds, program, rows, nothing(program) if start is None else start, state)


@lean
def _each_user(events: Events, feeds: Feeds, program: Program, rows: Wanted, start: Carried, state: State) -> None:
    row = 0
    while row < len(rows.users):
        after = _after(rows.users, row)
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
    forget(feeds, state)
    made = recall(program, start, rows.users[0], state)
    earliest, row = max(start.until, rows.cutoffs[0] - program.reach), 0
    end = events.offsets[rows.users[0] + 1]
    i = first_at(events.seconds, events.offsets[rows.users[0]], end, earliest)
    state.is_wide[0] |= may_be_wide(feeds, end - i)
    look_ahead(program.widths, rows.cutoffs, state.begins)
    while row < len(rows.cutoffs):
        boundary, begun = next_boundary(state.begins, rows.cutoffs[row]), i
        i, n_listed = gather(events, feeds, state, begun, end, boundary)
        if i > begun:
            made += 1
            take(events, feeds, program, state, n_listed, made)
        begin_windows(program.widths, rows.cutoffs, state, boundary, made)
        while row < len(rows.cutoffs) and rows.cutoffs[row] == boundary:
            fill(program, state, Cut(row, boundary, made), rows.found[row])
            row += 1
