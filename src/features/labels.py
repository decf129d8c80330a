"""What happened after each cutoff: the labels of rows, exact to the microsecond and the last digit."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext

import numpy as np
import numpy.typing as npt

from ..timeline import MICROS
from .bucket import Bucket, Numbers
from .cohort import users_of_events
from .occurrences import Occurrences
from .question import TARGET, TagQuestion
from .rows import Rows

__all__ = ["amounts", "label_ends", "labels"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]

_WORD = 32
_MASK = (1 << _WORD) - 1
_EXACT = 1 << 53
"""Whole numbers below it are doubles."""


def labels(bucket: Bucket, rows: Rows, question: TagQuestion) -> npt.NDArray[np.int8]:
    """The outcome of each row, `(n_rows,)`: 1 if it came about in `[cutoff + gap, cutoff + gap + horizon)`, else 0.

    It looks at the events' own time. At triggers it begins after the trigger's instant, to the microsecond.
    Of an outcome that is a number, it tells whether that is above 0.
    Only rows whose horizon the log has passed have a label; asking for others is the caller's mistake.
    """
    target = question.target
    if target.is_amount:
        return (amounts(bucket, rows, question) > 0).astype(np.int8)
    ordered, first, last = _stretches(bucket, rows, question)
    if target.sum is not None and target.at_least is not None:
        outcome = _reaches(bucket.properties.number(target.sum), ordered, first, last, target.at_least)
    else:
        outcome = last > first
    label: npt.NDArray[np.int8] = (outcome != (target.absent is not None)).astype(np.int8)
    return label


def amounts(bucket: Bucket, rows: Rows, question: TagQuestion) -> Floats:
    """What the target of each row adds up to in the same time, or how often it happens: `(n_rows,)`.

    Sums are exact and rounded once, to the nearest double. Events that take away, such as refunds, may make them
    negative.
    """
    ordered, first, last = _stretches(bucket, rows, question)
    if question.target.sum is None:
        return (last - first).astype(np.float64)
    numbers = bucket.properties.number(question.target.sum)
    high, low = _sums(numbers, ordered, first, last)
    unit, total = 10**numbers.decimals, (high << _WORD) + low
    is_small = (np.abs(high) < _EXACT >> _WORD) & (unit < _EXACT)
    found: Floats = total / unit
    for place in np.flatnonzero(~is_small).tolist():
        found[place] = ((int(high[place]) << _WORD) + int(low[place])) / unit
    return found


def label_ends(rows: Rows, question: TagQuestion) -> Ints:
    """The second at which each row's label stops looking, `(n_rows,)`: cutoff + gap + horizon."""
    return rows.cutoff + question.delay


def _starts(bucket: Bucket, rows: Rows, question: TagQuestion) -> Ints:
    starts = (rows.cutoff + question.target.gap.seconds) * MICROS
    return starts if rows.trigger is None else np.maximum(starts, bucket.micros[rows.trigger] + 1)


def _stretches(bucket: Bucket, rows: Rows, question: TagQuestion) -> tuple[Positions, Positions, Positions]:
    """Positions of the target's events, in an order in which those of each row stand together: from where to where."""
    events, groups, row_groups = _grouped(bucket, rows, question.target.same)
    happened = Occurrences.of(groups, bucket.micros[events])
    first, last = happened.between(row_groups, _starts(bucket, rows, question), label_ends(rows, question) * MICROS)
    return events[happened.order], first, last


def _grouped(bucket: Bucket, rows: Rows, same: str | None) -> tuple[Positions, Ints, Ints]:
    """Positions of the target's events, their groups, and the group each row looks at; -1 is a group of nobody."""
    events = np.flatnonzero(bucket.membership.mask(TARGET))
    users = users_of_events(bucket)[events].astype(np.int64)
    if same is None or rows.trigger is None:
        return events, users, rows.user.astype(np.int64)
    categories = bucket.properties.category(same)
    codes, n_codes = categories.codes.astype(np.int64), len(categories.texts)
    present = codes[events] >= 0
    wanted = codes[rows.trigger]
    row_groups = np.where(wanted < 0, -1, rows.user.astype(np.int64) * n_codes + wanted)
    return events[present], users[present] * n_codes + codes[events[present]], row_groups


def _reaches(
    numbers: Numbers, ordered: Positions, first: Positions, last: Positions, at_least: float
) -> npt.NDArray[np.bool_]:
    """Whether the sum of each stretch is at least the amount."""
    high, low = _sums(numbers, ordered, first, last)
    amount = _scaled(at_least, numbers.decimals)
    needed_high, needed_low = amount >> _WORD, amount & _MASK
    reached: npt.NDArray[np.bool_] = (high > needed_high) | ((high == needed_high) & (low >= needed_low))
    return reached


def _sums(numbers: Numbers, ordered: Positions, first: Positions, last: Positions) -> tuple[Ints, Ints]:
    """The sum of each stretch, exact in two words of 32 and 63 bits: the high one and the low one."""
    values = np.where(numbers.missing[ordered], 0, numbers.values[ordered])
    high, low = _stretch_sums(values >> _WORD, first, last), _stretch_sums(values & _MASK, first, last)
    return high + (low >> _WORD), low & _MASK


def _stretch_sums(values: Ints, first: Positions, last: Positions) -> Ints:
    running = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    sums: Ints = running[last] - running[first]
    return sums


def _scaled(amount: float, decimals: int) -> int:
    """The least fixed-point number that is not below the amount as it was written."""
    with localcontext(prec=400):
        scaled = Decimal(repr(amount)).scaleb(decimals).to_integral_value(ROUND_CEILING)
    bound = 1 << 94
    return max(-bound, min(bound, int(scaled)))
