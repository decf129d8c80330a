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

__all__ = ["label_ends", "labels"]

Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]

_WORD = 32
_MASK = (1 << _WORD) - 1


def labels(bucket: Bucket, rows: Rows, question: TagQuestion) -> npt.NDArray[np.int8]:
    """The outcome of each row, `(n_rows,)`: 1 if it came about in `[cutoff + gap, cutoff + gap + horizon)`, else 0.

    It looks at the events' own time. At triggers it begins after the trigger's instant, to the microsecond.
    Only rows whose horizon the log has passed have a label; asking for others is the caller's mistake.
    """
    target = question.target
    events, groups, row_groups = _grouped(bucket, rows, target.same)
    happened = Occurrences.of(groups, bucket.micros[events])
    first, last = happened.between(row_groups, _starts(bucket, rows, question), label_ends(rows, question) * MICROS)
    if target.sum is not None and target.at_least is not None:
        values = bucket.properties.number(target.sum)
        outcome = _reaches(values, events[happened.order], first, last, target.at_least)
    else:
        outcome = last > first
    label: npt.NDArray[np.int8] = (outcome != (target.absent is not None)).astype(np.int8)
    return label


def label_ends(rows: Rows, question: TagQuestion) -> Ints:
    """The second at which each row's label stops looking, `(n_rows,)`: cutoff + gap + horizon."""
    return rows.cutoff + question.delay


def _starts(bucket: Bucket, rows: Rows, question: TagQuestion) -> Ints:
    starts = (rows.cutoff + question.target.gap.seconds) * MICROS
    return starts if rows.trigger is None else np.maximum(starts, bucket.micros[rows.trigger] + 1)


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
    """Whether the sum of each stretch is at least the amount; sums are exact in two words of 32 and 63 bits."""
    values = np.where(numbers.missing[ordered], 0, numbers.values[ordered])
    high, low = _stretch_sums(values >> _WORD, first, last), _stretch_sums(values & _MASK, first, last)
    high, low = high + (low >> _WORD), low & _MASK
    amount = _scaled(at_least, numbers.decimals)
    needed_high, needed_low = amount >> _WORD, amount & _MASK
    reached: npt.NDArray[np.bool_] = (high > needed_high) | ((high == needed_high) & (low >= needed_low))
    return reached


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
