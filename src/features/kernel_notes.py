"""What an event changes beside tallies: it is led to its tracks, and noted in their words and lanes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .kernel_cache import inlined
from .kernel_exact import U
from .kernel_program import DECAYS, FIRSTS, HISTORY, SEEN, Events, Feeds, Program
from .kernel_state import NEVER, State, note_decays, note_time, note_value
from .kernel_ways import Event, slot_of

__all__ = ["copy_words", "forget", "note"]


@inlined
def forget(feeds: Feeds, state: State) -> None:
    """Make the state that of a user of whom nothing happened yet."""
    state.is_wide[0] = 0
    state.words[:] = 0
    state.n_noted[:] = 0
    state.filled[:] = 0
    state.next_row[:] = 0
    state.decays[:] = 0.0
    state.decayed_at[:] = 0
    state.n_history[:] = 0
    if feeds.n_codes:
        _forget_met(state)


@inlined
def _forget_met(state: State) -> None:
    for lane in range(len(state.n_met)):
        for k in range(state.n_met[lane]):
            state.seen[lane, state.met[lane, k]] = -NEVER
        state.n_met[lane] = 0


@inlined
def note(events: Events, feeds: Feeds, program: Program, state: State, one: Event) -> None:
    """Lead an event to its tracks."""
    for place in range(feeds.note_of[one.kind], feeds.note_of[one.kind + U(1)]):
        feed = feeds.noted[U(place)]
        slot = slot_of(events, feeds.slots, feed, one.i)
        if slot >= 0:
            _note(events, program, state, U(feed.track + slot), one)


@inlined
def copy_words(state: State, snap: int) -> None:
    """Copy the words as they are."""
    for word in range(len(state.words)):
        state.snaps[snap, word] = state.words[word]


@inlined
def _note(events: Events, program: Program, state: State, at: Any, one: Event) -> None:
    """One more event of the track, in its words and in those of its lanes."""
    track, second = program.tracks[at], events.seconds[one.i]
    if track.notes & FIRSTS:
        for snap in range(state.filled[at], np.int64(one.stretch)):
            state.firsts[U(snap), at] = second
        state.filled[at] = np.int64(one.stretch)
    note_time(state.words, U(track.words), track.notes, second, state.n_noted[at])
    state.n_noted[at] += 1
    for place in range(track.first_lane, track.end_lane):
        lane = program.lanes[U(place)]
        if lane.notes:
            value = _value(events, lane.number, lane.category, one.i)
            note_value(state.words, U(lane.words), lane.notes, value)
            _note_value(state, U(place), lane.notes, second, value)
            if lane.notes & DECAYS:
                note_decays(program, state, lane, second, value)


@inlined
def _note_value(state: State, lane: Any, notes: int, second: int, value: Any) -> None:
    """One more value of the lane, among those it keeps."""
    if notes & SEEN:
        _meet(state, lane, value, second)
    if notes & HISTORY:
        kept = state.n_history[lane]
        state.history[lane, U(kept), 0] = second
        state.history[lane, U(kept), 1] = value
        state.n_history[lane] = kept + 1


@inlined
def _value(events: Events, number: int, category: int, i: Any) -> Any:
    """The value of an event in a lane; an event without one counts as 1."""
    if number >= 0:
        return events.numbers[U(number), i]
    return np.int64(events.codes[U(category), i]) if category >= 0 else np.int64(1)


@inlined
def _meet(state: State, lane: Any, code: Any, second: int) -> None:
    """A code of the lane was met."""
    if state.seen[lane, U(code)] == -NEVER:
        state.met[lane, U(state.n_met[lane])] = code
        state.n_met[lane] += 1
    state.seen[lane, U(code)] = second
