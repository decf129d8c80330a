"""A user's time in stretches: each ends at a boundary, where a window begins or a row's cutoff comes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_exact import U
from .kernel_notes import begin_extremes, copy_words, note
from .kernel_program import Events, Feeds, Program
from .kernel_state import NEVER, Run, State
from .kernel_tallies import add, count
from .kernel_ways import own_run

__all__ = ["begin_windows", "gather", "look_ahead", "next_boundary", "take"]

Ints = npt.NDArray[np.int64]


@inlined
def gather(events: Events, feeds: Feeds, state: State, i: int, end: int, boundary: int) -> Any:
    """The first event at the boundary, and how many of those before it are listed; all are counted by their kind.

    There is no branch but that to the next event, which is what lets this be quick.
    """
    state.of_kind[:] = 0
    n_listed = np.int64(0)
    while i < end and events.seconds[U(i)] < boundary:
        kind = U(events.kinds[U(i)])
        state.of_kind[kind] += 1
        state.listed[U(n_listed)] = i
        n_listed += feeds.is_listed[kind]
        i += 1
    return i, n_listed


@inlined
def take(events: Events, feeds: Feeds, program: Program, state: State, n_listed: int, stretch: int) -> None:
    """Note what was gathered as a stretch, and copy everything as it is by its end."""
    count(feeds, state, stretch)
    begin_extremes(state, stretch)
    listed = Run(state.listed, np.int64(0), np.int64(n_listed), stretch)
    for place in range(len(feeds.led)):
        feed = feeds.led[U(place)]
        run = listed if feed.takes_all else own_run(events, feeds, state, U(place), listed)
        if run.end > run.first:
            add(events, feeds, state, feed, run)
            if feed.is_noted:
                note(events, feeds, program, state, feed, run)
    copy_words(state, stretch)


@inlined
def look_ahead(widths: Ints, cutoffs: Ints, begins: Ints) -> None:
    """Say when the first window of each width begins."""
    for width in range(len(widths)):
        begins[width] = cutoffs[0] - widths[width]


@inlined
def next_boundary(begins: Ints, cutoff: int) -> Any:
    """The next second at which a window begins or a row's cutoff comes."""
    boundary = cutoff
    for width in range(len(begins)):
        boundary = min(boundary, begins[width])
    return boundary


@inlined
def begin_windows(widths: Ints, cutoffs: Ints, state: State, boundary: int, snap: int) -> None:
    """Let each window that begins at the boundary begin with that copy."""
    for width in range(len(widths)):
        while state.begins[width] == boundary:
            row = state.next_row[width]
            state.of_window[row, width] = snap
            state.next_row[width] = row + 1
            state.begins[width] = cutoffs[row + 1] - widths[width] if row + 1 < len(cutoffs) else NEVER
