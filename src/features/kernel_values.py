"""What the events of a track hold, in the words of a lane and beside them.

Words: the sum of squares, which takes two, and the latest three values, the latest first. Those that nobody asks for at
the end of the list are left out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .kernel_cache import inlined
from .kernel_exact import U, pair_at, plus, put_pair, squared
from .kernel_program import LATEST, SQUARES, Program
from .kernel_state import NEVER, Run, State

__all__ = [
    "SQUARE", "VALUE", "Scan", "Values", "note_decays", "note_extremes", "note_met", "note_words", "scanned",
    "words_of_lane",
]  # fmt: skip

SQUARE, VALUE = U(0), U(2)
"""Words of a lane, from where these begin."""


class Values(NamedTuple):
    """The values of events: a row of their numbers or of their codes; 1 each where both are -1."""

    events: Any
    number: Any
    category: Any


class Scan(NamedTuple):
    """Back to which stretch a lane was looked through, and the least and the greatest value met."""

    stretch: Any
    least: Any
    greatest: Any


def words_of_lane(notes: int) -> int:
    """How many words such a lane has."""
    return 5 if notes & LATEST else 2 if notes & SQUARES else 0


@inlined
def note_words(state: State, base: Any, notes: int, values: Values, run: Run) -> None:
    """More values of the lane whose words begin at `base`."""
    if notes & SQUARES:
        total = pair_at(state.words, base + SQUARE)
        for k in range(run.first, run.end):
            total = plus(total, squared(_value(values, run, k)))
        put_pair(state.words, base + SQUARE, total)
    if notes & LATEST:
        for k in range(max(run.first, run.end - 3), run.end):
            state.words[base + VALUE + U(2)] = state.words[base + VALUE + U(1)]
            state.words[base + VALUE + U(1)] = state.words[base + VALUE]
            state.words[base + VALUE] = _value(values, run, k)


@inlined
def note_extremes(state: State, place: Any, values: Values, run: Run) -> None:
    """More values among which may be the least or the greatest of the stretch."""
    stretch = U(run.stretch)
    least, greatest = state.extremes[stretch, place, 0], state.extremes[stretch, place, 1]
    for k in range(run.first, run.end):
        value = _value(values, run, k)
        least, greatest = min(least, value), max(greatest, value)
    state.extremes[stretch, place, 0], state.extremes[stretch, place, 1] = least, greatest


@inlined
def scanned(state: State, place: Any, snap: Any, scan: Scan) -> Any:
    """The scan, gone on with back to the copy that a wider window begins with."""
    stretch, least, greatest = scan
    while stretch > snap:
        least = min(least, state.extremes[U(stretch), place, 0])
        greatest = max(greatest, state.extremes[U(stretch), place, 1])
        stretch -= 1
    return Scan(stretch, least, greatest)


@inlined
def note_met(state: State, lane: Any, values: Values, run: Run) -> None:
    """More codes that the lane has met."""
    for k in range(run.first, run.end):
        code = U(_value(values, run, k))
        if state.seen[lane, code] == -NEVER:
            state.met[lane, U(state.n_met[lane])] = np.int64(code)
            state.n_met[lane] += 1
        state.seen[lane, code] = values.events.seconds[U(run.own[U(k)])]


@inlined
def note_decays(program: Program, state: State, lane: Any, values: Values, run: Run) -> None:
    """More values of a lane whose values halve again and again."""
    for k in range(run.first, run.end):
        second, value = values.events.seconds[U(run.own[U(k)])], _value(values, run, k)
        for decay in range(lane.first_decay, lane.end_decay):
            age = float(second - state.decayed_at[decay]) / float(program.decays[decay].half_life)
            state.decays[decay] = state.decays[decay] * 2.0**-age + float(value)
            state.decayed_at[decay] = second


@inlined
def _value(values: Values, run: Run, k: Any) -> Any:
    """The value of one's own event; an event without one counts as 1."""
    i = U(run.own[U(k)])
    if values.number >= 0:
        return values.events.numbers[U(values.number), i]
    return np.int64(values.events.codes[U(values.category), i]) if values.category >= 0 else np.int64(1)
