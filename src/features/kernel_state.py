"""What is noted of one user on the way through their events: tallies, and a few words for each track and lane."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel_program import EXTREMES, Feeds, Program

__all__ = ["NEVER", "Run", "State", "state_for"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

NEVER = np.int64(2**62)
"""After every second, and more than every value; negated, before and less than each."""


class Run(NamedTuple):
    """Events `own[first:end]` of one track in a stretch."""

    own: Ints
    first: Any
    end: Any
    stretch: Any


class State(NamedTuple):
    """The words of a user, and what they were after each stretch of their time.

    Of the stretch at hand `of_kind` (n_kinds,) events are of each kind, those of which more than that matters are
    `listed` (capacity,), and `own` (capacity,) are those of them that a feed takes. Copy 0 is from before every event,
    copy s from the end of stretch s: `tally_snaps` (n_snaps, n_tallies) of all counts, then all sums, and `snaps`
    (n_snaps, n_words) of the `words`, all tracks, then all lanes. A sum is as exact as float64 is; where that is not
    enough `is_wide` (1,) is not 0 and `total_snaps` (n_snaps, n_tallies, 2) hold it. `quotients` (n_tallies,) are cells
    on their way. `of_window` (n_rows, n_widths + 1) says which copy a window begins with, `next_row` (n_widths,) which
    row's window begins next, and `begins` (n_widths,) when. `n_noted` (n_tracks,) is how many events were noted of a
    track, `firsts` (n_snaps, n_tracks) the first second after a copy, `filled` (n_tracks,) how many copies know it.
    `seen` (n_lanes, n_codes) is when a code was met last, `met` (n_lanes, n_codes) lists the codes met, `n_met` of
    them. `extremes` (n_snaps, n_kept, 2) are the least and the greatest value of a stretch, in each lane that asks for
    these. `decays` (n_decays,) are sums as they were at `decayed_at`.
    """

    of_kind: Ints
    listed: Ints
    own: Ints
    tally_snaps: Doubles
    is_wide: Ints
    total_snaps: Ints
    quotients: Floats
    words: Ints
    snaps: Ints
    of_window: Ints
    next_row: Ints
    begins: Ints
    n_noted: Ints
    firsts: Ints
    filled: Ints
    seen: Ints
    met: Ints
    n_met: Ints
    extremes: Ints
    decays: Doubles
    decayed_at: Ints


def state_for(feeds: Feeds, program: Program, n_rows: int, n_events: int) -> State:
    """Room for users of so many rows and events; what is never used takes no memory."""
    n_tracks, n_lanes, n_widths = len(program.tracks), len(program.lanes), len(program.widths)
    n_tallies, n_decays, notes = len(program.units), len(program.decays), program.lanes["notes"]
    n_kinds, n_snaps = len(feeds.is_listed), n_rows * (n_widths + 1) + 2
    n_codes, n_kept = feeds.n_codes, int(np.count_nonzero(notes & EXTREMES))
    return State(
        of_kind=np.zeros(n_kinds, np.int64),
        listed=np.empty(n_events, np.int64),
        own=np.empty(n_events, np.int64),
        tally_snaps=np.zeros((n_snaps, n_tallies)),
        is_wide=np.zeros(1, np.int64),
        total_snaps=np.zeros((n_snaps, n_tallies, 2), np.int64),
        quotients=np.zeros(n_tallies, np.float32),
        words=np.zeros(program.n_words, np.int64),
        snaps=np.zeros((n_snaps, program.n_words), np.int64),
        of_window=np.zeros((n_rows, n_widths + 1), np.int64),
        next_row=np.zeros(n_widths, np.int64),
        begins=np.zeros(n_widths, np.int64),
        n_noted=np.zeros(n_tracks, np.int64),
        firsts=np.zeros((n_snaps, n_tracks), np.int64),
        filled=np.zeros(n_tracks, np.int64),
        seen=np.full((n_lanes, n_codes), -NEVER),
        met=np.empty((n_lanes, n_codes), np.int64),
        n_met=np.zeros(n_lanes, np.int64),
        extremes=np.empty((n_snaps, n_kept, 2), np.int64),
        decays=np.zeros(n_decays),
        decayed_at=np.zeros(n_decays, np.int64),
    )
