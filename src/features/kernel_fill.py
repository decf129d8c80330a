"""Where a row's cutoff comes: its vector, from the words as they are and as they were where each window began."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_cells import Facts, amount, cell
from .kernel_exact import minus, quotient, scaled
from .kernel_program import (
    AMOUNT,
    DAY,
    DAYS,
    EARLY,
    FIRSTS,
    GAPS,
    HISTORY,
    LATEST,
    SEEN,
    SESSIONS,
    SQUARES,
    STREAKS,
    SUMS,
    Program,
)
from .kernel_state import (
    COUNT,
    FIRST,
    LAST,
    LAST_DAY,
    NEVER,
    SQUARE,
    STREAK,
    TOTAL,
    VALUE,
    State,
    days_between,
    gaps_between,
    pair_at,
    put_pair,
    sessions_between,
)

__all__ = ["fill"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

NOTHING = np.int64(0)
NO_AMOUNT = (np.uint64(0), np.uint64(0))


class Place(NamedTuple):
    """A lane of a track at a row's cutoff."""

    track: Any
    lane: Any
    row: Any
    cutoff: Any


class Window(NamedTuple):
    """A lane of a track from the copy of the words with which it begins, and the seconds `[since, until)`."""

    track: Any
    lane: Any
    snap: Any
    since: Any
    until: Any


class Scan(NamedTuple):
    """How far back a lane's history was read, and the least and the greatest value met."""

    place: Any
    least: Any
    greatest: Any


@inlined
def fill(program: Program, state: State, row: int, cutoff: int, vector: Floats) -> None:
    """Fill one vector: the words as they are now against what they were where each window began.

    Most windows of most users are empty; what these say is there beforehand.
    """
    for column in range(len(program.empty)):
        vector[column] = program.empty[column]
    for i in range(program.n_amounts):
        put_pair(state.amounts[i], 0, NO_AMOUNT)
    for track in range(len(program.track_notes)):
        if state.words[program.track_words[track] + COUNT] > 0:
            for lane in range(program.track_lanes[track], program.track_lanes[track + 1]):
                _fill_lane(program, state, Place(track, lane, row, cutoff), vector)
    _divide(program, state.amounts, vector)
    _decay(program, state, cutoff, vector)


@inlined
def _fill_lane(program: Program, state: State, place: Place, vector: Floats) -> None:
    track, lane, row, cutoff = place
    now, scan = state.words[program.track_words[track] + COUNT], Scan(state.n_history[lane], NEVER, -NEVER)
    for entry in range(program.lane_entries[lane], program.lane_entries[lane + 1]):
        width = program.entry_width[entry]
        snap = state.of_window[row, width]
        if now == state.snaps[snap, program.track_words[track] + COUNT]:
            continue
        since = cutoff - program.widths[width] if width < len(program.widths) else -NEVER
        window = Window(track, lane, snap, since, cutoff)
        scan = _scanned(program, state, window, scan)
        facts = _facts(program, state, window, scan)
        for op in range(program.entry_ops[entry], program.entry_ops[entry + 1]):
            code, target = program.op_code[op], program.op_target[op]
            if code >= AMOUNT:
                put_pair(state.amounts[target], 0, amount(code, facts))
            else:
                vector[target] = cell(code, facts, cutoff, program.per_one[lane], program.known_since)


@inlined
def _scanned(program: Program, state: State, window: Window, scan: Scan) -> Any:
    """The scan, gone on with back to the start of a wider window."""
    place, least, greatest = scan
    if program.lane_notes[window.lane] & HISTORY:
        while place > 0 and state.history[window.lane, place - 1, 0] >= window.since:
            place -= 1
            least = min(least, state.history[window.lane, place, 1])
            greatest = max(greatest, state.history[window.lane, place, 1])
    return Scan(place, least, greatest)


@inlined
def _facts(program: Program, state: State, window: Window, scan: Scan) -> Any:
    """What is known of a lane in a window that is not empty."""
    words, then, base = state.words, state.snaps[window.snap], program.track_words[window.track]
    at, notes = program.lane_words[window.lane], program.lane_notes[window.lane]
    n, of_track = words[base + COUNT] - then[base + COUNT], program.track_notes[window.track]
    first = state.firsts[window.snap, window.track] if of_track & FIRSTS else NOTHING
    if of_track & EARLY and window.snap == 0:
        first = words[base + FIRST]
    return Facts(
        n,
        first,
        words[base + LAST],
        words[at + VALUE] if notes & LATEST else NOTHING,
        days_between(then, words, base, first) if of_track & DAYS else NOTHING,
        minus(pair_at(words, at + TOTAL), pair_at(then, at + TOTAL)) if notes & SUMS else NO_AMOUNT,
        minus(pair_at(words, at + SQUARE), pair_at(then, at + SQUARE)) if notes & SQUARES else NO_AMOUNT,
        gaps_between(then, words, base, first) if of_track & GAPS else NO_AMOUNT,
        scan.least,
        scan.greatest,
        _differ(state, window) if notes & SEEN else NOTHING,
        sessions_between(then, words, base, first) if of_track & SESSIONS else NOTHING,
        _streak(words, base, window.until) if of_track & STREAKS else NOTHING,
        words[base + FIRST + 1] if of_track & EARLY else NOTHING,
        words[base + FIRST + 2] if of_track & EARLY else NOTHING,
        _earlier(state, window.lane, 2) if notes & HISTORY else NOTHING,
        _earlier(state, window.lane, 3) if notes & HISTORY else NOTHING,
    )


@inlined
def _streak(words: Ints, base: int, until: int) -> Any:
    """How many days in a row events of a track lie on, up to the cutoff's day or the one before; 0 where it ended."""
    return words[base + STREAK] if words[base + LAST_DAY] >= (until - 1) // DAY - 1 else NOTHING


@inlined
def _earlier(state: State, lane: int, back: int) -> Any:
    """The latest value of a lane but so many; nothing where there are fewer."""
    at = state.n_history[lane] - back
    return state.history[lane, at, 1] if at >= 0 else NOTHING


@inlined
def _differ(state: State, window: Window) -> Any:
    """How many of the lane's codes were met in the window."""
    differ = NOTHING
    for k in range(state.n_met[window.lane]):
        differ += state.seen[window.lane, state.met[window.lane, k]] >= window.since
    return differ


@inlined
def _decay(program: Program, state: State, cutoff: int, vector: Floats) -> None:
    """Fill in what is left of sums that halve, as of the cutoff."""
    for lane in range(len(program.lane_notes)):
        for decay in range(program.lane_decays[lane], program.lane_decays[lane + 1]):
            age = float(cutoff - state.decayed_at[decay]) / float(program.half_lives[decay])
            left = state.decays[decay] * 2.0**-age if state.decays[decay] != 0.0 else 0.0
            vector[program.decay_column[decay]] = np.float32(left / float(program.per_one[lane]))


@inlined
def _divide(program: Program, amounts: Ints, vector: Floats) -> None:
    """Fill in the ratios, once all amounts are known."""
    for ratio in range(len(program.ratio_column)):
        part = scaled(pair_at(amounts[program.ratio_part[ratio]], 0), program.ratio_part_times[ratio])
        whole = scaled(pair_at(amounts[program.ratio_whole[ratio]], 0), program.ratio_whole_times[ratio])
        vector[program.ratio_column[ratio]] = quotient(part, whole)
