"""What the kernel is told: events, which tracks they go to, and what is computed of each, all as arrays.

A *track* is the events of one user that belong to a stream, or to one part of it. A *lane* of a track is a value of
each of its events, or nothing but their times. A *tally* counts the events of a track or sums the values of a lane. A
*window* is what of a track lies in `[cutoff - width, cutoff)`. A *cell* is how much a tally grew in a window; an
*operation* makes any other number of a lane in a window.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "ADDITION", "COUNTED", "DAY", "DAYS", "DECAY", "DECAYS", "EARLY", "ENTRY", "EXTREMES", "FEED", "FIRSTS", "GAPS",
    "LANE", "LASTS", "LATEST", "MISSING", "OP", "OPERATIONS", "RATIO", "SEEN", "SESSIONS", "SESSION_GAP", "SQUARES",
    "STREAKS", "SUMS", "TOLD", "TRACK", "Events", "Feeds", "Program",
]  # fmt: skip

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Places = npt.NDArray[np.uint64]
Records = npt.NDArray[np.void]

DAY = 86_400
MISSING = -(2**63)
"""Stands in a number's row where an event has none."""

SESSION_GAP = 1_800
"""Seconds without an event after which a new session begins."""

FIRSTS, DAYS, GAPS, SESSIONS, STREAKS, EARLY, LASTS = 1, 2, 4, 8, 16, 32, 64
"""What is noted of a track beside its count: the first event after each boundary, how often the UTC day changed, the
sum of squared gaps, how many sessions began, how many days in a row it went on, when its first, second and third event
was, and its latest."""

LATEST, SUMS, SQUARES, SEEN, EXTREMES, DECAYS = 128, 256, 512, 1024, 2048, 4096
"""What is noted of a lane: its latest three values, the sum of its values and of their squares, when each code was seen
last, the least and the greatest value of each stretch, sums in which each value halves again and again."""

OPERATIONS = {
    name: (code, notes)
    for code, (name, notes) in enumerate(
        {
            "mean": SUMS,
            "std": SUMS | SQUARES,
            "min": EXTREMES,
            "max": EXTREMES,
            "distinct": SEEN,
            "last": LATEST,
            "last_2": LATEST,
            "last_3": LATEST,
            "active_days": FIRSTS | DAYS,
            "days_since_last": LASTS,
            "days_since_first": FIRSTS,
            "age_unknown": FIRSTS,
            "gap_mean": FIRSTS | LASTS,
            "gap_std": FIRSTS | LASTS | GAPS,
            "sessions": FIRSTS | LASTS | SESSIONS,
            "streak": DAYS | STREAKS,
            "days_to_second": EARLY,
            "days_to_third": EARLY,
        }.items()
    )
}
"""Code of each operation but counts and sums, and what must be noted for it. Each event and note costs a few additions,
each cell a difference and a division; `min` and `max` go through a window's stretches at each cutoff, `distinct`
through the user's codes, and a decay takes a power for each event."""


def _record(*names: str) -> np.dtype[np.void]:
    """Whole numbers that lie together, for they are read together."""
    return np.dtype([(name, np.int64) for name in names], align=True)


COUNTED = _record("kind", "tally")
ADDITION = _record("tally", "value")
FEED = _record(
    "part", "slots_at", "valid", "is_number", "takes_all", "first_addition", "end_addition", "track", "is_noted"
)
TRACK = _record("notes", "words", "count", "first_lane", "end_lane")
LANE = _record("number", "category", "per_one", "notes", "words", "extremes", "sum", "first_decay", "end_decay")
DECAY = _record("half_life", "per_one", "column")
TOLD = _record("track", "lane", "first_entry", "end_entry")
ENTRY = _record("place", "first_op", "end_op")
OP = _record("code", "column")
RATIO = _record("column", "part", "part_place", "part_times", "whole", "whole_place", "whole_times")


class Events(NamedTuple):
    """The events of a bucket, sorted by user and second; those of user i are `offsets[i]:offsets[i + 1]`.

    `kinds` (n_events,) decide which feeds take an event. `numbers` (n_numbers, n_events) are whole, `MISSING`
    where there is none; `codes` (n_categories, n_events) are -1 there.
    """

    offsets: Ints
    seconds: Ints
    kinds: Codes
    numbers: Ints
    codes: Codes


class Feeds(NamedTuple):
    """How events get to tallies and tracks, by their kind.

    All of a kind count in the tallies that `counted` (`COUNTED`) lists for it. Whatever else becomes of them the feeds
    `led` (`FEED`) decide whose `takes` (n_feeds, n_kinds) is 1; where there is any, `is_listed[k]` is 1 for kind k. A
    feed leads each event to a slot: `slots[slots_at + code]` by the code in row `part`, or the only one where that is
    -1. An event without a value in row `valid`, of the numbers if `is_number`, else of the codes, is passed over; -1
    asks for none. A feed that `takes_all` passes over none that is listed.

    Its additions `added[first_addition:end_addition]` (`ADDITION`) add to the slot's tally, of those that begin with
    `tally`, the number in row `value`, or 1 where that is -1. If more `is_noted`, the slot's track notes it, of those
    that begin with `track`. A sum over `n_exact` events cannot pass 2**52; `n_codes` bounds every code that is met.
    """

    counted: Records
    led: Records
    takes: Ints
    added: Records
    is_listed: Ints
    slots: Ints
    n_exact: int
    n_codes: int


class Program(NamedTuple):
    """What is computed. `widths` are in seconds, the narrowest first; the place behind the last stands for all history.

    Of the `n_tallies` tallies the first `n_counts` count events, the others sum values; `units[t]` of tally t make one
    (there are as many more as make whole vectors), and `inverses` are one over each. The cells `cells[p]:cells[p + 1]`
    are of the windows whose width has place p: how much `cell_tally` grew, in `cell_column`.

    A track (`TRACK`) notes `notes` in the words from `words` on, has its `count` among the tallies, and the lanes
    `lanes[first_lane:end_lane]`. A lane (`LANE`) notes `notes` in the words from `words` on, of the values in row
    `number` or `category`, if any, and the least and greatest at the place `extremes`; their sum is the tally `sum`,
    and `per_one` units make one. Its decays `decays[first_decay:end_decay]` halve in `half_life` seconds and fill
    `column`.

    Lanes with operations are `told` (`TOLD`): the entries `entries[first_entry:end_entry]` of `lane` and its `track`,
    the narrowest first, say for the width at `place` which are computed, `ops[first_op:end_op]`: the `code`, and the
    `column` it fills. A ratio fills `column` with `part * part_times / (whole * whole_times)`, each a tally in the
    window at a place.

    A user whose first event lies before `known_since` may be older than the log. `reach` is how many
    seconds before a cutoff events matter. `empty` (n_features,) is the vector of a user of whom nothing is known.
    """

    widths: Ints
    n_counts: int
    n_tallies: int
    units: Ints
    inverses: Doubles
    cells: Ints
    cell_tally: Places
    cell_column: Places
    tracks: Records
    lanes: Records
    decays: Records
    told: Records
    entries: Records
    ops: Records
    ratios: Records
    n_words: int
    known_since: int
    reach: int
    empty: Floats
