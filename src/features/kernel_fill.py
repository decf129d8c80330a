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


class Place(NamedTuple):
    """A lane with operations at a row's cutoff."""

    told: Any
    row: Any
    cutoff: Any


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
    for told in range(len(program.told)):
        if state.tallies[program.track_count[program.told_track[told]]] > 0:
            _fill_told(program, state, Place(told, row, cutoff), vector)
    _divide(program, state, row, vector)
    _decay(program, state, cutoff, vector)


@inlined
def _fill_told(program: Program, state: State, place: Place, vector: Floats) -> None:
    track, lane = program.told_track[place.told], program.told[place.told]
    now, scan = state.tallies[program.track_count[track]], Scan(state.n_history[lane], NEVER, -NEVER)
    for entry in range(program.told_entries[place.told], program.told_entries[place.told + 1]):
        width = program.entry_width[entry]
        snap = state.of_window[place.row, width]
        then = state.tally_snaps[snap, program.track_count[track]]
        if now == then:
            continue
        since = place.cutoff - program.widths[width] if width < len(program.widths) else -NEVER
        if program.lane_notes[lane] & HISTORY:
            scan = _scanned(state, lane, since, scan)
        before, n = np.int64(then), np.int64(now - then)
        window = Window(track, lane, snap, since, place.cutoff, before, n, scan.least, scan.greatest)
        for op in range(program.entry_ops[entry], program.entry_ops[entry + 1]):
            vector[program.op_column[op]] = cell(program, state, window, program.op_code[op])


@inlined
def _scanned(state: State, lane: int, since: int, scan: Scan) -> Any:
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
    for decay in range(len(program.half_lives)):
        age = float(cutoff - state.decayed_at[decay]) / float(program.half_lives[decay])
        left = state.decays[decay] * 2.0**-age if state.decays[decay] != 0.0 else 0.0
        vector[program.decay_column[decay]] = np.float32(left / float(program.decay_unit[decay]))


@inlined
def _divide(program: Program, state: State, row: int, vector: Floats) -> None:
    """Fill in the ratios."""
    for ratio in range(len(program.ratio_column)):
        part_snap = state.of_window[row, program.ratio_part_place[ratio]]
        whole_snap = state.of_window[row, program.ratio_whole_place[ratio]]
        part = grown(program, state, program.ratio_part[ratio], part_snap)
        whole = grown(program, state, program.ratio_whole[ratio], whole_snap)
        vector[program.ratio_column[ratio]] = quotient(
            scaled(part, program.ratio_part_times[ratio]), scaled(whole, program.ratio_whole_times[ratio])
        )
