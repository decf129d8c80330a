"""Counts and sums, which most columns are: all tallies of a window are divided at once, and then put in place.

A tally is a float64, exact as long as no sum can pass 2**53; a user with so many events that the largest values of the
bucket could add up to more is told beforehand, and their sums are kept as pairs of words besides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_exact import U, minus, pair_at, plus, put_pair, quotient, single
from .kernel_program import Events, Feeds, Program
from .kernel_state import Run, State
from .kernel_ways import Way, slot_of

__all__ = ["add", "count", "fill_tallies", "grown", "may_be_wide"]

Doubles = npt.NDArray[np.float64]
_NEAR = 2.0**-50
"""More than the part by which a float64 is off that was rounded three times."""
Floats = npt.NDArray[np.float32]


@inlined
def may_be_wide(feeds: Feeds, n_events: int) -> Any:
    """Whether a sum over so many events can pass 2**52.

    So added to what is carried, if that does not pass it either, it stays exact.
    """
    return n_events > feeds.n_exact


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
def add(events: Events, feeds: Feeds, state: State, feed: Any, run: Run) -> None:
    """Add what else is tallied of a feed's own events, to the totals only if these matter."""
    tallies, totals, is_wide = state.tally_snaps[run.stretch], state.total_snaps[run.stretch], state.is_wide[0]
    way = Way(feed.part, feed.slots_at)
    for place in range(feed.first_addition, feed.end_addition):
        first, value = feeds.added[U(place)].tally, feeds.added[U(place)].value
        for k in range(run.first, run.end):
            i = U(run.own[U(k)])
            tally = U(first + slot_of(events, feeds, way, i))
            number = events.numbers[U(value), i] if value >= 0 else np.int64(1)
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
    doubts = _divided(state.tally_snaps[now], state.tally_snaps[then], program.inverses, state.quotients)
    if doubts or state.is_wide[0]:
        for each in range(len(program.units)):
            grew = grown(program, state, each, then, now)
            state.quotients[each] = quotient(grew, single(program.units[each]))
    for cell in range(first, end):
        vector[program.cell_column[U(cell)]] = state.quotients[program.cell_tally[U(cell)]]


@inlined
def _divided(now: Doubles, then: Doubles, inverses: Doubles, quotients: Floats) -> Any:
    """Whether any float32 that is found may not be the nearest to the quotient itself.

    A product with an inverse is away from the quotient by less than `_NEAR` of it. So where what is that much less and
    what is that much more round to one float32, the quotient does.
    """
    doubts = np.int32(0)
    for tally in range(len(inverses)):
        double = (now[tally] - then[tally]) * inverses[tally]
        less, more = np.float32(double * (1.0 - _NEAR)), np.float32(double * (1.0 + _NEAR))
        doubts |= less.view(np.int32) ^ more.view(np.int32)
        quotients[tally] = less
    return doubts
