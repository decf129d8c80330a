"""What an event changes: it is led to its tracks, and noted in their tallies, words and lanes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .kernel_cache import inlined
from .kernel_program import DECAYS, FIRSTS, HISTORY, MISSING, SEEN, Events, Feeds, Program
from .kernel_state import NEVER, State, note_decays, note_time, note_value
from .kernel_tallies import add_to_tallies

__all__ = ["forget", "take"]


@inlined
def forget(program: Program, state: State) -> None:
    """Make the state that of a user of whom nothing happened yet."""
    state.tallies[:] = 0.0
    state.totals[:] = 0
    state.is_wide[0] = 0
    state.words[:] = 0
    state.filled[:] = 0
    state.next_row[:] = 0
    state.decays[:] = 0.0
    state.decayed_at[:] = 0
    for lane in range(len(program.lanes)):
        for k in range(state.n_met[lane]):
            state.seen[lane, state.met[lane, k]] = -NEVER
        state.n_met[lane] = 0
        state.n_history[lane] = 0


@inlined
def take(events: Events, feeds: Feeds, program: Program, state: State, i: int, made: int) -> None:
    """Lead an event to its tracks."""
    for place in range(feeds.of_kind[events.kinds[i]], feeds.of_kind[events.kinds[i] + 1]):
        feed = feeds.each[place]
        slot = _slot(events, feeds, feed, i)
        if slot >= 0:
            add_to_tallies(events, feeds, state, feed, slot, i)
            if feed.is_noted:
                _note(events, program, state, feed.track + slot, i, made)


@inlined
def _slot(events: Events, feeds: Feeds, feed: Any, i: int) -> Any:
    """The slot that a feed leads the event to, -1 for none."""
    if feed.number >= 0 and events.numbers[feed.number, i] == MISSING:
        return np.int64(-1)
    if feed.category >= 0 and events.codes[feed.category, i] < 0:
        return np.int64(-1)
    if feed.part < 0:
        return np.int64(0)
    code = events.codes[feed.part, i]
    return feeds.slots[feed.slots_at + code] if code >= 0 else np.int64(-1)


@inlined
def _note(events: Events, program: Program, state: State, at: int, i: int, made: int) -> None:
    """One more event of the track, in its words and in those of its lanes."""
    track, second = program.tracks[at], events.seconds[i]
    if track.notes & FIRSTS:
        for snap in range(state.filled[at], made):
            state.firsts[snap, at] = second
        state.filled[at] = made
    if track.notes:
        note_time(state.words, track.words, track.notes, second, np.int64(state.tallies[track.count]) - 1)
    for place in range(track.first_lane, track.end_lane):
        lane = program.lanes[place]
        if lane.notes:
            value = _value(events, lane.number, lane.category, i)
            note_value(state.words, lane.words, lane.notes, value)
            _note_value(state, place, lane.notes, second, value)
            if lane.notes & DECAYS:
                note_decays(program, state, lane, second, value)


@inlined
def _note_value(state: State, lane: int, notes: int, second: int, value: Any) -> None:
    """One more value of the lane, among those it keeps."""
    if notes & SEEN:
        _meet(state, lane, value, second)
    if notes & HISTORY:
        kept = state.n_history[lane]
        state.history[lane, kept, 0] = second
        state.history[lane, kept, 1] = value
        state.n_history[lane] = kept + 1


@inlined
def _value(events: Events, number: int, category: int, i: int) -> Any:
    """The value of an event in a lane; an event without one counts as 1."""
    if number >= 0:
        return events.numbers[number, i]
    return np.int64(events.codes[category, i]) if category >= 0 else np.int64(1)


@inlined
def _meet(state: State, lane: int, code: Any, second: int) -> None:
    """A code of the lane was met."""
    if state.seen[lane, code] == -NEVER:
        state.met[lane, state.n_met[lane]] = code
        state.n_met[lane] += 1
    state.seen[lane, code] = second
