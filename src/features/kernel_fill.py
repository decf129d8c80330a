"""Where a row's cutoff comes: its vector, from what is noted by now and what was where each window began."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_cells import Window, cell
from .kernel_exact import quotient, scaled
from .kernel_program import HISTORY, Program
from .kernel_state import NEVER, State
from .kernel_tallies import fill_tallies, grown

__all__ = ["fill"]

Floats = npt.NDArray[np.float32]


class Scan(NamedTuple):
    """How far back a lane's history was read, and the least and the greatest value met."""

    place: Any
    least: Any
    greatest: Any


@inlined
def fill(program: Program, state: State, row: int, cutoff: int, latest: int, vector: Floats) -> None:
    """Fill one vector: what is noted by now against what was where each window began.

    Most windows of most users are empty, such as those that begin with the latest copy if nothing happened since;
    what these say is there beforehand.
    """
    for column in range(len(program.empty)):
        vector[column] = program.empty[column]
    for place in range(len(program.widths) + 1):
        if state.of_window[row, place] != latest:
            fill_tallies(program, state, state.of_window[row, place], place, vector)
    for told in program.told:
        if state.tallies[program.tracks[told.track].count] > 0:
            _fill_told(program, state, told, row, cutoff, vector)
    _divide(program, state, row, vector)
    _decay(program, state, cutoff, vector)


@inlined
def _fill_told(program: Program, state: State, told: Any, row: int, cutoff: int, vector: Floats) -> None:
    track, lane = program.tracks[told.track], program.lanes[told.lane]
    now, scan = state.tallies[track.count], Scan(state.n_history[told.lane], NEVER, -NEVER)
    for each in range(told.first_entry, told.end_entry):
        entry = program.entries[each]
        snap = state.of_window[row, entry.place]
        then = state.tally_snaps[snap, track.count]
        if now == then:
            continue
        since = cutoff - program.widths[entry.place] if entry.place < len(program.widths) else -NEVER
        if lane.notes & HISTORY:
            scan = _scanned(state, told.lane, since, scan)
        before, n = np.int64(then), np.int64(now - then)
        window = Window(told, track, lane, snap, since, cutoff, before, n, scan.least, scan.greatest)
        for op in range(entry.first_op, entry.end_op):
            vector[program.ops[op].column] = cell(program, state, window, program.ops[op].code)


@inlined
def _scanned(state: State, lane: int, since: Any, scan: Scan) -> Any:
    """The scan, gone on with back to the start of a wider window."""
    place, least, greatest = scan
    while place > 0 and state.history[lane, place - 1, 0] >= since:
        place -= 1
        least = min(least, state.history[lane, place, 1])
        greatest = max(greatest, state.history[lane, place, 1])
    return Scan(place, least, greatest)


@inlined
def _decay(program: Program, state: State, cutoff: int, vector: Floats) -> None:
    """Fill in what is left of sums that halve, as of the cutoff."""
    for place in range(len(program.decays)):
        decay = program.decays[place]
        age = float(cutoff - state.decayed_at[place]) / float(decay.half_life)
        left = state.decays[place] * 2.0**-age if state.decays[place] != 0.0 else 0.0
        vector[decay.column] = np.float32(left / float(decay.per_one))


@inlined
def _divide(program: Program, state: State, row: int, vector: Floats) -> None:
    """Fill in the ratios."""
    for ratio in program.ratios:
        part = grown(program, state, ratio.part, state.of_window[row, ratio.part_place])
        whole = grown(program, state, ratio.whole, state.of_window[row, ratio.whole_place])
        vector[ratio.column] = quotient(scaled(part, ratio.part_times), scaled(whole, ratio.whole_times))
