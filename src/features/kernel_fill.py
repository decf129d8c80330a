"""Where a row's cutoff comes: its vector, from what is noted by now and what was where each window began."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_cells import Window, cell
from .kernel_exact import U, quotient, scaled
from .kernel_program import EXTREMES, Program
from .kernel_state import NEVER, State
from .kernel_tallies import fill_tallies, grown
from .kernel_values import Scan, scanned

__all__ = ["Cut", "fill"]

Floats = npt.NDArray[np.float32]


class Cut(NamedTuple):
    """Where a row cuts its user's time: which of the user's rows it is, its cutoff, and the copy from then."""

    row: Any
    cutoff: Any
    now: Any


@inlined
def fill(program: Program, state: State, cut: Cut, vector: Floats) -> None:
    """Fill one vector: what is noted by now against what was where each window began.

    Most windows of most users are empty, such as those that begin with the copy of now; what these say is there
    beforehand.
    """
    for column in range(len(program.empty)):
        vector[column] = program.empty[column]
    for place in range(len(program.widths) + 1):
        if state.of_window[cut.row, place] != cut.now:
            fill_tallies(program, state, state.of_window[cut.row, place], cut.now, place, vector)
    for told in program.told:
        if state.tally_snaps[U(cut.now), U(program.tracks[U(told.track)].count)] > 0:
            _fill_told(program, state, told, cut, vector)
    _divide(program, state, cut, vector)
    _decay(program, state, cut.cutoff, vector)


@inlined
def _fill_told(program: Program, state: State, told: Any, cut: Cut, vector: Floats) -> None:
    track, lane = program.tracks[U(told.track)], program.lanes[U(told.lane)]
    now, scan = state.tally_snaps[U(cut.now), U(track.count)], Scan(cut.now, NEVER, -NEVER)
    for each in range(told.first_entry, told.end_entry):
        entry = program.entries[U(each)]
        snap = U(state.of_window[U(cut.row), U(entry.place)])
        then = state.tally_snaps[snap, U(track.count)]
        if now == then:
            continue
        since = cut.cutoff - program.widths[U(entry.place)] if entry.place < len(program.widths) else -NEVER
        if lane.notes & EXTREMES:
            scan = scanned(state, U(lane.extremes), snap, scan)
        before, n = np.int64(then), np.int64(now - then)
        window = Window(told, track, lane, snap, cut.now, since, cut.cutoff, before, n, scan.least, scan.greatest)
        for op in range(entry.first_op, entry.end_op):
            vector[U(program.ops[U(op)].column)] = cell(program, state, window, program.ops[U(op)].code)


@inlined
def _decay(program: Program, state: State, cutoff: int, vector: Floats) -> None:
    """Fill in what is left of sums that halve, as of the cutoff."""
    for place in range(len(program.decays)):
        decay = program.decays[place]
        age = float(cutoff - state.decayed_at[place]) / float(decay.half_life)
        left = state.decays[place] * 2.0**-age if state.decays[place] != 0.0 else 0.0
        vector[decay.column] = np.float32(left / float(decay.per_one))


@inlined
def _divide(program: Program, state: State, cut: Cut, vector: Floats) -> None:
    """Fill in the ratios."""
    for ratio in program.ratios:
        part = grown(program, state, ratio.part, state.of_window[cut.row, ratio.part_place], cut.now)
        whole = grown(program, state, ratio.whole, state.of_window[cut.row, ratio.whole_place], cut.now)
        vector[ratio.column] = quotient(scaled(part, ratio.part_times), scaled(whole, ratio.whole_times))
