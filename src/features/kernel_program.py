"""What the kernel is told: events, which tracks they go to, and what is computed of each, all as arrays.

A *track* is the events of one user that belong to a stream, or to one part of it. A *lane* of a track is a value of
each of its events, or nothing but their times. A *window* is what of a track lies in `[cutoff - width, cutoff)`. An
*operation* makes one number of a lane in a window: a cell of the matrix, or an amount that a ratio is made of.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "AMOUNT", "DAY", "DAYS", "DECAYS", "EARLY", "FIRSTS", "GAPS", "HISTORY", "LATEST", "MISSING", "OPERATIONS", "SEEN",
    "SESSIONS", "SESSION_GAP", "SQUARES", "STREAKS", "SUMS", "Events", "Feeds", "Program",
]  # fmt: skip

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

DAY = 86_400
MISSING = -(2**63)
"""Stands in a number's row where an event has none."""

SESSION_GAP = 1_800
"""Seconds without an event after which a new session begins."""

FIRSTS, DAYS, GAPS, SESSIONS, STREAKS, EARLY = 1, 2, 4, 8, 16, 32
"""What is noted of a track beside its count and latest second: the first event after each boundary, how often the
UTC day changed, the sum of squared gaps, how many sessions began, how many days in a row it went on, when its first,
second and third event was."""

LATEST, SUMS, SQUARES, SEEN, HISTORY, DECAYS = 64, 128, 256, 512, 1024, 2048
"""What is noted of a lane: its latest value, the sum of its values and of their squares, when each code was seen
last, every value with its second, sums in which each value halves again and again."""

OPERATIONS = {
    name: (code, notes)
    for code, (name, notes) in enumerate(
        {
            "count": 0,
            "sum": SUMS,
            "mean": SUMS,
            "std": SUMS | SQUARES,
            "min": HISTORY,
            "max": HISTORY,
            "distinct": SEEN,
            "last": LATEST,
            "last_2": HISTORY,
            "last_3": HISTORY,
            "active_days": FIRSTS | DAYS,
            "days_since_last": 0,
            "days_since_first": FIRSTS,
            "age_unknown": FIRSTS,
            "gap_mean": FIRSTS,
            "gap_std": FIRSTS | GAPS,
            "sessions": FIRSTS | SESSIONS,
            "streak": DAYS | STREAKS,
            "days_to_second": EARLY,
            "days_to_third": EARLY,
            "amount_of_events": 0,
            "amount_of_values": SUMS,
        }.items()
    )
}
"""Code of each operation, and what must be noted for it. Each event and note costs a few additions, each cell a
difference and a division; `min` and `max` read the window's events at each cutoff, `distinct` the user's codes, and a
decay takes a power for each event."""

AMOUNT = OPERATIONS["amount_of_events"][0]
"""From this code on an operation makes an amount, not a cell."""


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
    """How events get to tracks: one of kind k by the feeds `of_kind[k]:of_kind[k + 1]`.

    Where `part[f]` is not -1, the code in that row chooses the track: `slots[slots_at[f] + code]` beyond `track[f]`.
    An event without a value in row `number[f]` of the numbers or `category[f]` of the codes is passed over.
    """

    of_kind: Ints
    track: Ints
    part: Ints
    slots_at: Ints
    slots: Ints
    number: Ints
    category: Ints


class Program(NamedTuple):
    """What is computed. `widths` are in seconds, the narrowest first; behind the last stands all history.

    Track t notes `track_notes[t]` in the words from `track_words[t]` on, and has the lanes
    `track_lanes[t]:track_lanes[t + 1]`. Lane l notes `lane_notes[l]` in those from `lane_words[l]` on, of the values in
    row `lane_number[l]` or `lane_category[l]`, if any; `per_one[l]` units make one. Its entries
    `lane_entries[l]:lane_entries[l + 1]`, the narrowest first, say for which width, by place, which operations
    `entry_ops[e]:entry_ops[e + 1]` are computed: `op_code`, and the column it fills or the amount it makes; a decay
    fills `decay_column[d]`, and those of lane l, `lane_decays[l]:lane_decays[l + 1]`, halve in `half_lives[d]` seconds.
    Ratio r fills `ratio_column[r]` with `part * part_times / (whole * whole_times)`. A user whose first event lies
    before `known_since` may be older than the log. `n_codes` bounds every code. `reach` is how many
    seconds before a cutoff events matter. `empty` (n_features,) is the vector of a user of whom nothing is known.
    """

    widths: Ints
    track_notes: Ints
    track_words: Ints
    track_lanes: Ints
    lane_number: Ints
    lane_category: Ints
    lane_notes: Ints
    lane_words: Ints
    per_one: Ints
    lane_entries: Ints
    entry_width: Ints
    entry_ops: Ints
    op_code: Ints
    op_target: Ints
    lane_decays: Ints
    half_lives: Ints
    decay_column: Ints
    ratio_column: Ints
    ratio_part: Ints
    ratio_part_times: Ints
    ratio_whole: Ints
    ratio_whole_times: Ints
    n_words: int
    n_amounts: int
    n_codes: int
    known_since: int
    reach: int
    empty: Floats
