"""What a window of one user's events says: one function per aggregate.

Each takes a track and windows and gives float32 `(n_rows,)`, NaN where the aggregate is undefined.
Everything before the last step is a whole number, so the result does not depend on order, engine or
threads. Arrays in, arrays out: no file, no engine and no word of the project file is known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .kernel_exact import Words, running_squares, running_sum
from .kernel_windows import between, deviations, highest, picked, ratios, spans, times, widened
from .kernel_windows import distinct as count_distinct

__all__ = [
    "AGGREGATES", "DAY", "EVER", "Track", "Window", "amounts", "counts", "days_since_first", "first_before", "share",
    "trend", "windows",
]  # fmt: skip

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

DAY = 86_400
EVER = 2**60
"""A width that reaches back before every event."""


@dataclass(frozen=True)
class Track:
    """Events of one kind, sorted by user and time, each with a value where one is asked.

    `seconds` (n_events,); the events of user i are `offsets[i]:offsets[i + 1]`; `values` (n_events,)
    count units of which `per_one` make one, or are codes from 0 on.
    """

    seconds: Ints
    offsets: Ints
    values: Ints
    per_one: int = 1

    @cached_property
    def sums(self) -> Words:
        """Running sums of the values, `(n_events + 1, 2)`."""
        return running_sum(self.values)

    @cached_property
    def squares(self) -> Words:
        """Running sums of the values' squares, `(n_events + 1, 2)`."""
        return running_squares(self.values)

    @cached_property
    def gap_squares(self) -> Words:
        """Running sums of the squared seconds since the event before, `(n_events + 1, 2)`."""
        return running_squares(np.diff(self.seconds, prepend=self.seconds[:1]))

    @cached_property
    def day_changes(self) -> Ints:
        """How often the UTC day changed up to each event, `(n_events,)`."""
        days = self.seconds // DAY
        return np.cumsum(days != np.roll(days, 1), dtype=np.int64)


@dataclass(frozen=True)
class Window:
    """For each row the events `starts:ends` of a track that lie in `[cutoff - seconds, cutoff)`."""

    starts: Ints
    ends: Ints
    cutoffs: Ints
    seconds: int

    @cached_property
    def n(self) -> Ints:
        """How many events it holds."""
        return self.ends - self.starts

    @cached_property
    def first(self) -> Ints:
        """The position of its first event; -1 where it is empty."""
        return np.where(self.n > 0, self.starts, -1)

    @cached_property
    def last(self) -> Ints:
        """The position of its last event; -1 where it is empty."""
        return np.where(self.n > 0, self.ends - 1, -1)


def windows(track: Track, users: Ints, cutoffs: Ints, widths: tuple[int, ...]) -> dict[int, Window]:
    """The windows of each row, by their width in seconds; rows are sorted by user and cutoff."""
    starts, ends = spans(track.seconds, track.offsets, users, cutoffs, np.array(widths, np.int64))
    return {width: Window(starts[i], ends, cutoffs, width) for i, width in enumerate(widths)}


def counts(window: Window) -> Words:
    """How many events the window holds, as exact whole numbers `(n_rows, 2)`."""
    return widened(window.n)


def amounts(track: Track, window: Window) -> Words:
    """The sum of the window's values in units, as exact whole numbers `(n_rows, 2)`."""
    return between(track.sums, window.starts, window.ends)


def count(track: Track, window: Window) -> Floats:
    """How many events the window holds."""
    return window.n.astype(np.float32)


def total(track: Track, window: Window) -> Floats:
    """The sum of the window's values; 0 where it is empty."""
    return ratios(amounts(track, window), widened(np.full_like(window.n, track.per_one)))


def mean(track: Track, window: Window) -> Floats:
    """The mean of the window's values."""
    return ratios(amounts(track, window), widened(window.n * track.per_one))


def std(track: Track, window: Window) -> Floats:
    """The sample standard deviation of the window's values; needs two."""
    squares = between(track.squares, window.starts, window.ends)
    return deviations(window.n, amounts(track, window), squares, track.per_one)


def least(track: Track, window: Window) -> Floats:
    """The least of the window's values."""
    return _value(track, highest(-track.values, window.starts, window.ends))


def greatest(track: Track, window: Window) -> Floats:
    """The greatest of the window's values."""
    return _value(track, highest(track.values, window.starts, window.ends))


def last(track: Track, window: Window) -> Floats:
    """The value of the window's last event."""
    return _value(track, window.last)


def distinct(track: Track, window: Window) -> Floats:
    """How many different values the window holds; the values are codes."""
    return count_distinct(track.values, window.starts, window.ends).astype(np.float32)


def active_days(track: Track, window: Window) -> Floats:
    """On how many UTC days the window's events lie."""
    changes = picked(track.day_changes, window.last) - picked(track.day_changes, window.first)
    return (changes + (window.n > 0)).astype(np.float32)


def days_since_last(track: Track, window: Window) -> Floats:
    """Days from the window's last event to the cutoff."""
    return _days(window.cutoffs - picked(track.seconds, window.last), window.n > 0)


def days_since_first(track: Track, window: Window) -> Floats:
    """Days from the window's first event to the cutoff."""
    return _days(window.cutoffs - picked(track.seconds, window.first), window.n > 0)


def first_before(track: Track, window: Window, second: int) -> npt.NDArray[np.bool_]:
    """Whether the window's first event lies before a second; False where the window is empty."""
    early: npt.NDArray[np.bool_] = (window.n > 0) & (picked(track.seconds, window.first) < second)
    return early


def gap_mean(track: Track, window: Window) -> Floats:
    """Mean days between neighbouring events of the window; needs two events."""
    return _days(_stretch(track, window), np.maximum(window.n - 1, 0))


def gap_std(track: Track, window: Window) -> Floats:
    """Sample standard deviation of the days between neighbouring events of the window; needs three events."""
    gaps = np.maximum(window.n - 1, 0)
    squares = between(track.gap_squares, np.minimum(window.starts + 1, window.ends), window.ends)
    return deviations(gaps, widened(_stretch(track, window)), squares, DAY)


def share(part: Words, whole: Words) -> Floats:
    """The part as a share of the whole, both exact `(n_rows, 2)`; NaN where the whole is 0."""
    return ratios(part, whole)


def trend(short: Words, long: Words, short_seconds: int, long_seconds: int) -> Floats:
    """The rate over a short window by the rate over a long one, both exact `(n_rows, 2)`; NaN where the latter is 0."""
    common = int(np.gcd(short_seconds, long_seconds))
    return ratios(times(short, long_seconds // common), times(long, short_seconds // common))


def _value(track: Track, positions: Ints) -> Floats:
    is_there = positions >= 0
    return ratios(widened(picked(track.values, positions)), widened(is_there * np.int64(track.per_one)))


def _days(seconds: Ints, divisor: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Floats:
    return ratios(widened(seconds), widened(divisor * np.int64(DAY)))


def _stretch(track: Track, window: Window) -> Ints:
    return picked(track.seconds, window.last) - picked(track.seconds, window.first)


AGGREGATES: dict[str, Callable[[Track, Window], Floats]] = {
    "count": count,
    "sum": total,
    "mean": mean,
    "min": least,
    "max": greatest,
    "std": std,
    "last": last,
    "distinct": distinct,
    "active_days": active_days,
    "days_since_last": days_since_last,
    "days_since_first": days_since_first,
    "gap_mean": gap_mean,
    "gap_std": gap_std,
}
"""The aggregates of one track and one window, by the name they have in the project file."""
