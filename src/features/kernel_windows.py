"""Loops over rows and their windows, in machine code.

An event list is sorted by user and time; the window of row i is the stretch `starts[i]:ends[i]` of it.
Both rise with the rows when these are sorted by user and cutoff, so each event is met once; rows in
another order get the same answers, only later. Shapes: `(n_rows,)` unless said otherwise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .kernel_cache import compiled
from .kernel_exact import Words, deviation, minus, pair, quotient, scaled, single

__all__ = ["between", "deviations", "distinct", "highest", "picked", "ratios", "spans", "times", "widened"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@compiled
def spans(seconds: Ints, offsets: Ints, users: Ints, cutoffs: Ints, widths: Ints) -> tuple[Ints, Ints]:
    """Starts `(n_widths, n_rows)` and ends of the windows `[cutoff - width, cutoff)`.

    `seconds` (n_events,) are sorted within each user, whose events are `offsets[user]:offsets[user + 1]`.
    """
    starts = np.empty((len(widths), len(users)), np.int64)
    ends = np.empty(len(users), np.int64)
    low = np.zeros(len(widths), np.int64)
    high = 0
    for row in range(len(users)):
        user, cutoff = users[row], cutoffs[row]
        if row == 0 or user != users[row - 1] or cutoff < cutoffs[row - 1]:
            low[:] = offsets[user]
            high = offsets[user]
        while high < offsets[user + 1] and seconds[high] < cutoff:
            high += 1
        ends[row] = high
        for i in range(len(widths)):
            while low[i] < high and seconds[low[i]] < cutoff - widths[i]:
                low[i] += 1
            starts[i, row] = low[i]
    return starts, ends


@compiled
def between(sums: Words, starts: Ints, ends: Ints) -> Words:
    """What running sums, `(n_events + 1, 2)`, gain over each window: `(n_rows, 2)`."""
    gains = np.empty((len(starts), 2), np.uint64)
    for row in range(len(starts)):
        gains[row] = minus(pair(sums, ends[row]), pair(sums, starts[row]))
    return gains


@compiled
def widened(values: Ints) -> Words:
    """The whole numbers as pairs, `(n_rows, 2)`."""
    words = np.empty((len(values), 2), np.uint64)
    for row in range(len(values)):
        words[row] = single(values[row])
    return words


@compiled
def times(words: Words, factor: int) -> Words:
    """The pairs times a factor from 0 on."""
    products = np.empty_like(words)
    for row in range(len(words)):
        products[row] = scaled(pair(words, row), factor)
    return products


@compiled
def ratios(dividends: Words, divisors: Words) -> Floats:
    """The float32 nearest to each quotient of two pairs; NaN where the divisor is 0."""
    found = np.empty(len(dividends), np.float32)
    for row in range(len(dividends)):
        found[row] = quotient(pair(dividends, row), pair(divisors, row))
    return found


@compiled
def deviations(counts: Ints, sums: Words, squares: Words, unit: int) -> Floats:
    """The sample standard deviation of as many values as `counts` says; NaN below two."""
    found = np.full(len(counts), np.nan, np.float32)
    for row in range(len(counts)):
        if counts[row] > 1:
            found[row] = deviation(counts[row], pair(sums, row), pair(squares, row), unit)
    return found


@compiled
def picked(values: Ints, positions: Ints) -> Ints:
    """The value at each position; 0 where the position is -1."""
    found = np.zeros(len(positions), np.int64)
    for row in range(len(positions)):
        if positions[row] >= 0:
            found[row] = values[positions[row]]
    return found


@compiled
def highest(values: Ints, starts: Ints, ends: Ints) -> Ints:
    """The position of the greatest value in each window; -1 where it is empty.

    Candidates wait in a queue, each greater than those that came after it, so the first is the answer.
    """
    found = np.full(len(starts), -1, np.int64)
    queue = np.empty(len(values), np.int64)
    head, tail, reached = 0, 0, 0
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if row == 0 or start >= reached or start < starts[row - 1] or end < reached:
            head, tail, reached = 0, 0, start
        while reached < end:
            while tail > head and values[queue[tail - 1]] <= values[reached]:
                tail -= 1
            queue[tail] = reached
            tail += 1
            reached += 1
        while head < tail and queue[head] < start:
            head += 1
        if start < end:
            found[row] = queue[head]
    return found


@compiled
def distinct(codes: Ints, starts: Ints, ends: Ints) -> Ints:
    """How many different codes, from 0 on, each window holds."""
    found = np.zeros(len(starts), np.int64)
    held = np.zeros(codes.max() + 1 if len(codes) else 0, np.int64)
    left, right, different = 0, 0, 0
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        if start >= right or start < left or end < right:
            held[codes[left:right]] = 0
            left, right, different = start, start, 0
        while right < end:
            different += held[codes[right]] == 0
            held[codes[right]] += 1
            right += 1
        while left < start:
            held[codes[left]] -= 1
            different -= held[codes[left]] == 0
            left += 1
        found[row] = different
    return found
