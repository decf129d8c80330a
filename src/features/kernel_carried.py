"""What is carried of each user past an instant, so that what was before need not be read again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined, lean
from .kernel_exact import EXACT_FLOAT, pair_at, put_pair, size
from .kernel_notes import copy_words, forget
from .kernel_program import EXTREMES, FIRSTS, SEEN, Events, Feeds, Program
from .kernel_spans import first_at
from .kernel_state import NEVER, State, state_for
from .kernel_stretches import gather, take
from .kernel_tallies import grown, may_be_wide
from .kernel_values import Scan, scanned

__all__ = ["Carried", "carry", "nothing", "recall"]

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Carried(NamedTuple):
    """What is noted of each user after all events before the second `until`.

    `counts` (n_users, n_counts), `sums` (n_users, n_sums, 2) as pairs, `words` (n_users, n_words), the `firsts`
    (n_users, n_tracks), `decays` and `decayed_at` (n_users, n_decays), `extremes` (n_users, n_lanes, 2) of the lanes
    that ask for the least and the greatest value. Of the lanes that note codes, lane k of n has met
    `met[met_bounds[m]:met_bounds[m + 1]]` of user u, with m = n * u + k, in the order of meeting.
    """

    until: int
    counts: Ints
    sums: Ints
    words: Ints
    firsts: Ints
    decays: Doubles
    decayed_at: Ints
    extremes: Ints
    met: Ints
    met_bounds: Ints


def carry(events: Events, feeds: Feeds, program: Program, until: int, start: Carried | None = None) -> Carried:
    """What is carried of each user past the second `until`.

    Args:
        start: what was carried past an earlier second; then only events from that one on are read.
    """
    start = nothing(program) if start is None else start
    n_users, n_events = len(events.offsets) - 1, len(events.seconds)
    n_met = len(start.met) + n_events * _lanes_with(program, SEEN)
    found = _room(program, until, n_users, n_met)
    most_events = int(np.diff(events.offsets).max(initial=0))
    n_met = _each_user(events, feeds, program, start, found, state_for(feeds, program, 1, most_events))
    return found._replace(met=found.met[:n_met].copy())


def nothing(program: Program) -> Carried:
    """What is carried of no user past no instant."""
    return _room(program, int(-NEVER), 0, 0)


def _room(program: Program, until: int, n_users: int, n_met: int) -> Carried:
    n_decays = len(program.decays)
    return Carried(
        until=until,
        counts=np.zeros((n_users, program.n_counts), np.int64),
        sums=np.zeros((n_users, program.n_tallies - program.n_counts, 2), np.int64),
        words=np.zeros((n_users, program.n_words), np.int64),
        firsts=np.zeros((n_users, len(program.tracks)), np.int64),
        decays=np.zeros((n_users, n_decays)),
        decayed_at=np.zeros((n_users, n_decays), np.int64),
        extremes=np.zeros((n_users, _lanes_with(program, EXTREMES), 2), np.int64),
        met=np.empty(n_met, np.int64),
        met_bounds=np.zeros(n_users * _lanes_with(program, SEEN) + 1, np.int64),
    )


def _lanes_with(program: Program, note: int) -> int:
    return int(np.count_nonzero(program.lanes["notes"] & note))


@lean
def _each_user(events: Events, feeds: Feeds, program: Program, start: Carried, found: Carried, state: State) -> Any:
    """Fill in what is carried; so many codes were met."""
    n_met = 0
    for user in range(len(found.counts)):
        forget(feeds, state)
        made = recall(program, start, user, state)
        end = events.offsets[user + 1]
        first = first_at(events.seconds, events.offsets[user], end, start.until)
        after, n_listed = gather(events, feeds, state, first, end, found.until)
        state.is_wide[0] |= may_be_wide(feeds, after - first)
        if after > first:
            made += 1
            take(events, feeds, program, state, n_listed, made)
        _keep(program, state, found, user, made)
        n_met = _keep_met(program, state, found, user, n_met)
    return n_met


@inlined
def recall(program: Program, start: Carried, user: int, state: State) -> Any:
    """Make the state of nobody that of the user; there is so much of a stretch then: one, or none of nobody."""
    if not len(start.counts):
        return np.int64(0)
    for count in range(program.n_counts):
        state.tally_snaps[1, count] = float(start.counts[user, count])
    for total in range(program.n_counts, program.n_tallies):
        _recall_sum(state, total, pair_at(start.sums[user, total - program.n_counts], 0))
    for word in range(program.n_words):
        state.words[word] = start.words[user, word]
    for decay in range(len(program.decays)):
        state.decays[decay], state.decayed_at[decay] = start.decays[user, decay], start.decayed_at[user, decay]
    for track in range(len(program.tracks)):
        if program.tracks[track].notes:
            state.n_noted[track] = start.counts[user, program.tracks[track].count]
        if program.tracks[track].notes & FIRSTS and state.n_noted[track] > 0:
            state.firsts[0, track], state.filled[track] = start.firsts[user, track], 1
    _recall_lanes(program, start, user, state)
    copy_words(state, 1)
    return np.int64(1)


@inlined
def _recall_sum(state: State, place: int, total: Any) -> None:
    put_pair(state.total_snaps[1, place], 0, total)
    high, low = size(total)
    state.tally_snaps[1, place] = float(np.int64(total[1]))
    state.is_wide[0] |= high != 0 or low > EXACT_FLOAT // 2


@inlined
def _recall_lanes(program: Program, start: Carried, user: int, state: State) -> None:
    met = user * ((len(start.met_bounds) - 1) // len(start.counts))
    for track in program.tracks:
        for place in range(track.first_lane, track.end_lane):
            lane = program.lanes[place]
            if lane.notes & EXTREMES:
                _recall_extremes(start, user, lane.extremes, start.counts[user, track.count] > 0, state)
            if lane.notes & SEEN:
                for k in range(start.met_bounds[met], start.met_bounds[met + 1]):
                    state.met[place, state.n_met[place]] = start.met[k]
                    state.seen[place, start.met[k]] = 1 - NEVER
                    state.n_met[place] += 1
                met += 1


@inlined
def _recall_extremes(start: Carried, user: int, place: int, is_any: Any, state: State) -> None:
    state.extremes[1, place, 0] = start.extremes[user, place, 0] if is_any else NEVER
    state.extremes[1, place, 1] = start.extremes[user, place, 1] if is_any else -NEVER


@inlined
def _keep(program: Program, state: State, found: Carried, user: int, made: int) -> None:
    """Carry the numbers of a user as they are after the last stretch."""
    for count in range(program.n_counts):
        found.counts[user, count] = np.int64(state.tally_snaps[made, count])
    for place in range(program.n_counts, program.n_tallies):
        put_pair(found.sums[user, place - program.n_counts], 0, grown(program, state, place, 0, made))
    for word in range(program.n_words):
        found.words[user, word] = state.words[word]
    for decay in range(len(program.decays)):
        found.decays[user, decay], found.decayed_at[user, decay] = state.decays[decay], state.decayed_at[decay]
    for track in range(len(program.tracks)):
        found.firsts[user, track] = state.firsts[0, track] if state.filled[track] else 0
    for place in range(len(found.extremes[user])):
        scan = scanned(state, place, np.int64(0), Scan(made, NEVER, -NEVER))
        found.extremes[user, place, 0], found.extremes[user, place, 1] = scan.least, scan.greatest


@inlined
def _keep_met(program: Program, state: State, found: Carried, user: int, n_met: int) -> Any:
    """Carry the codes that a user has met, behind those that were met before; there are so many then."""
    place = user * ((len(found.met_bounds) - 1) // len(found.counts))
    for lane in range(len(program.lanes)):
        if program.lanes[lane].notes & SEEN:
            for k in range(state.n_met[lane]):
                found.met[n_met] = state.met[lane, k]
                n_met += 1
            place += 1
            found.met_bounds[place] = n_met
    return n_met
