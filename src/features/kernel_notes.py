"""What a stretch of events changes beside tallies: each track notes its own together.

So what is asked of a track is asked once, and not of each of its events.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .kernel_cache import inlined
from .kernel_exact import U
from .kernel_program import DECAYS, EXTREMES, FIRSTS, SEEN, Events, Feeds, Program
from .kernel_state import NEVER, Run, State
from .kernel_times import note_times
from .kernel_values import Values, note_decays, note_extremes, note_met, note_words
from .kernel_ways import Way, slot_of

__all__ = ["begin_extremes", "copy_words", "forget", "note"]


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
    if feeds.n_codes:
        _forget_met(state)


@inlined
def _forget_met(state: State) -> None:
    for lane in range(len(state.n_met)):
        for k in range(state.n_met[lane]):
            state.seen[lane, state.met[lane, k]] = -NEVER
        state.n_met[lane] = 0


@inlined
def begin_extremes(state: State, stretch: int) -> None:
    """Let no value of the stretch be met yet."""
    for place in range(len(state.extremes[stretch])):
        state.extremes[stretch, place, 0], state.extremes[stretch, place, 1] = NEVER, -NEVER


@inlined
def note(events: Events, feeds: Feeds, program: Program, state: State, feed: Any, run: Run) -> None:
    """Lead a feed's own events to their tracks; without parts all are of one."""
    way, track, first = Way(feed.part, feed.slots_at), feed.track, run.first
    while first < run.end:
        end = run.end if way.part < 0 else first + 1
        slot = slot_of(events, feeds, way, U(run.own[U(first)]))
        _note(events, program, state, U(track + slot), Run(run.own, first, end, run.stretch))
        first = end


@inlined
def copy_words(state: State, snap: int) -> None:
    """Copy the words as they are."""
    for word in range(len(state.words)):
        state.snaps[snap, word] = state.words[word]


@inlined
def _note(events: Events, program: Program, state: State, at: Any, run: Run) -> None:
    """More events of the track, in its words and in those of its lanes."""
    track = program.tracks[at]
    if track.notes & FIRSTS:
        _note_first(events, state, at, run)
    note_times(events.seconds, state, U(track.words), track.notes, state.n_noted[at], run)
    state.n_noted[at] += run.end - run.first
    for place in range(track.first_lane, track.end_lane):
        lane = program.lanes[U(place)]
        if lane.notes:
            _note_lane(events, program, state, U(place), run)


@inlined
def _note_first(events: Events, state: State, at: Any, run: Run) -> None:
    second = events.seconds[U(run.own[U(run.first)])]
    for snap in range(state.filled[at], np.int64(run.stretch)):
        state.firsts[U(snap), at] = second
    state.filled[at] = np.int64(run.stretch)


@inlined
def _note_lane(events: Events, program: Program, state: State, place: Any, run: Run) -> None:
    lane = program.lanes[place]
    values = Values(events, lane.number, lane.category)
    note_words(state, U(lane.words), lane.notes, values, run)
    if lane.notes & EXTREMES:
        note_extremes(state, U(lane.extremes), values, run)
    if lane.notes & SEEN:
        note_met(state, place, values, run)
    if lane.notes & DECAYS:
        note_decays(program, state, lane, values, run)
