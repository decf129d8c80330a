"""Counts and sums, which most columns are: all tallies of a window are divided at once, and then put in place.

A tally is a float64, exact as long as no sum can pass 2**53; a user whose values may add up to more is told by their
size beforehand, and their sums are kept as pairs of words besides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_exact import EXACT_FLOAT, U, minus, pair_at, plus, put_pair, quotient, single
from .kernel_program import MISSING, Events, Feeds, Program
from .kernel_state import State
from .kernel_ways import Event, slot_of

__all__ = ["add", "count", "fill_tallies", "grown", "may_be_wide"]

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
            value = numbers[U(row), U(i)]
            bits |= 0 if value == MISSING else value ^ (value >> 63)
    return float(end - start) * (float(bits) * 2.0 + 1.0) > EXACT_FLOAT / 2


@inlined
def count(feeds: Feeds, state: State, stretch: int) -> None:
    """Begin the tallies of a stretch with those of the one before, and count its events by their kind."""
    before, now = state.tally_snaps[stretch - 1], state.tally_snaps[stretch]
    for tally in range(len(now)):
        now[tally] = before[tally]
    if state.is_wide[0]:
        for tally in range(len(now)):
            put_pair(state.total_snaps[stretch, tally], 0, pair_at(state.total_snaps[stretch - 1, tally], 0))
    for place in range(len(feeds.counted)):
        one = feeds.counted[U(place)]
        now[U(one.tally)] += float(state.of_kind[U(one.kind)])


@inlined
def add(events: Events, feeds: Feeds, one: Event, tallies: Doubles, totals: Ints, is_wide: Any) -> None:
    """Add what else is tallied of an event, to the totals only if these matter."""
    for place in range(feeds.add_of[one.kind], feeds.add_of[one.kind + U(1)]):
        addition = feeds.added[U(place)]
        slot = slot_of(events, feeds.slots, addition, one.i)
        if slot >= 0:
            tally, value = U(addition.tally + slot), addition.value
            number = events.numbers[U(value), one.i] if value >= 0 else np.int64(1)
            tallies[tally] += float(number)
            if is_wide:
                put_pair(totals[tally], 0, plus(pair_at(totals[tally], 0), single(number)))


@inlined
def grown(program: Program, state: State, tally: int, then: int, now: int) -> Any:
    """How much a tally grew from one copy to a later one, as a pair."""
    if state.is_wide[0] and tally >= program.n_counts:
        return minus(pair_at(state.total_snaps[now, tally], 0), pair_at(state.total_snaps[then, tally], 0))
    return single(np.int64(state.tally_snaps[now, tally] - state.tally_snaps[then, tally]))


@inlined
def fill_tallies(program: Program, state: State, then: int, now: int, place: int, vector: Floats) -> None:
    """Fill the cells of the windows between two copies whose width has that place."""
    first, end = program.cells[place], program.cells[place + 1]
    if first == end:
        return
    doubts = _divided(state.tally_snaps[now], state.tally_snaps[then], program.units, state.quotients)
    if doubts or state.is_wide[0]:
        for each in range(len(program.units)):
            unit = single(np.int64(program.units[each]))
            state.quotients[each] = quotient(grown(program, state, each, then, now), unit)
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
