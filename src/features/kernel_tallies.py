"""Counts and sums, which most columns are: all tallies of a window are divided at once, and then put in place.

A tally is a float64, exact as long as no sum can pass 2**53; a user whose values may add up to more is told by their
size beforehand, and their sums are kept as pairs of words besides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_exact import EXACT_FLOAT, minus, pair_at, plus, put_pair, quotient, single
from .kernel_program import MISSING, Events, Feeds, Program
from .kernel_state import State

__all__ = ["add_to_tallies", "copy_tallies", "fill_tallies", "grown", "may_be_wide"]

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]


@inlined
def may_be_wide(numbers: Ints, rows: Ints, start: int, end: int) -> Any:
    """Whether a sum of the numbers in any of the rows at the positions `start:end` can pass 2**52.

    So added to what is carried, if that does not pass it either, it stays exact.
    """
    bits = np.int64(0)
    for row in rows:
        for i in range(start, end):
            value = numbers[row, i]
            bits |= 0 if value == MISSING else value ^ (value >> 63)
    return float(end - start) * (float(bits) * 2.0 + 1.0) > EXACT_FLOAT / 2


@inlined
def add_to_tallies(events: Events, feeds: Feeds, state: State, feed: Any, slot: int, i: int) -> None:
    """One more event of a feed's slot, in its count and its sums."""
    if feed.count >= 0:
        state.tallies[feed.count + slot] += 1.0
    for each in range(feed.first_sum, feed.end_sum):
        tally, value = feeds.sums[each].tally + slot, events.numbers[feeds.sums[each].number, i]
        state.tallies[tally] += float(value)
        if state.is_wide[0]:
            put_pair(state.totals[tally], 0, plus(pair_at(state.totals[tally], 0), single(value)))


@inlined
def copy_tallies(state: State, snap: int) -> None:
    """Copy the tallies as they are."""
    for tally in range(len(state.tallies)):
        state.tally_snaps[snap, tally] = state.tallies[tally]
    if state.is_wide[0]:
        for tally in range(len(state.tallies)):
            state.total_snaps[snap, tally, 0] = state.totals[tally, 0]
            state.total_snaps[snap, tally, 1] = state.totals[tally, 1]


@inlined
def grown(program: Program, state: State, tally: int, snap: int) -> Any:
    """How much a tally grew since a copy, as a pair."""
    if state.is_wide[0] and tally >= program.n_counts:
        return minus(pair_at(state.totals[tally], 0), pair_at(state.total_snaps[snap, tally], 0))
    return single(np.int64(state.tallies[tally] - state.tally_snaps[snap, tally]))


@inlined
def fill_tallies(program: Program, state: State, snap: int, place: int, vector: Floats) -> None:
    """Fill the cells of the windows that begin with a copy and whose width has that place."""
    first, end = program.cells[place], program.cells[place + 1]
    if first == end:
        return
    doubts = _divided(state.tallies, state.tally_snaps[snap], program.units, state.quotients)
    if doubts or state.is_wide[0]:
        for tally in range(len(program.units)):
            unit = single(np.int64(program.units[tally]))
            state.quotients[tally] = quotient(grown(program, state, tally, snap), unit)
    for cell in range(first, end):
        vector[program.cell_column[cell]] = state.quotients[program.cell_tally[cell]]


@inlined
def _divided(now: Doubles, then: Doubles, units: Doubles, quotients: Floats) -> Any:
    """Whether any float32 nearest to the float64 nearest to a quotient may not be the nearest to the quotient itself.

    That can be only where the float64 lies just between two float32.
    """
    doubts = np.int64(0)
    for tally in range(len(units)):
        double = (now[tally] - then[tally]) / units[tally]
        nearest = np.float32(double)
        mirrored = 2.0 * double - nearest
        doubts |= (nearest != double) & (np.float32(mirrored) == mirrored)
        quotients[tally] = nearest
    return doubts
