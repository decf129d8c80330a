"""Forward in time only: the newest period judges, older periods tune, and nothing is shuffled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..errors import EvidenceError
from ..features.periods import ENOUGH_OUTCOMES, Telling, newest_period, telling_of
from ..timeline import shown
from .ladder import LADDER

__all__ = ["Fold", "Index", "Split", "split"]

_ENOUGH_TO_LEARN = LADDER[1].people
"""Outcomes of each kind below which there are rules only, and so nothing that a fold could tell of a model."""

Cutoffs = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int8]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Fold:
    """One forward step inside the training rows: fit on `train`, look at `valid`.

    Both are row positions. Every label of `train` was known by `start`, where `valid` begins.
    """

    train: Index
    valid: Index
    start: int


@dataclass(frozen=True)
class Split:
    """Row positions of training and test, and the forward folds inside training.

    Every label of `train` was known by `test_start`; every row from `test_start` on is in `test`.
    Rows in between belong to neither. `is_proven` tells whether the test holds 100 rows of each class; of
    amounts, 100 with one. What is published learns from `learned` again, which are of all times.
    """

    train: Index
    test: Index
    test_start: int
    folds: tuple[Fold, ...]
    is_proven: bool
    learned: Index


def split(
    cutoffs: Cutoffs,
    label_ends: Cutoffs,
    labels: Labels,
    n_folds: int,
    *,
    at_triggers: bool = False,
    is_amount: bool = False,
) -> Split:
    """The rows divided by time, all arguments `(n_rows,)` and times in seconds.

    Args:
        label_ends: where each label stops looking, `cutoff + gap + horizon`.
        n_folds: how many forward folds at most; those without both outcomes in training and validation are left out.
        at_triggers: folds are spans with about equally many positives; on a calendar each is a horizon of cutoffs,
            the newest last.

    Raises:
        EvidenceError: the rows have one outcome only, or are too few in time for a single fold.
    """
    test_start, telling = newest_period(cutoffs, labels, is_amount=is_amount), telling_of(is_amount=is_amount)
    train = np.flatnonzero(label_ends <= test_start)
    test = np.flatnonzero(cutoffs >= test_start)
    starts = _trigger_starts if at_triggers else _calendar_starts
    wanted = starts(cutoffs[train], label_ends[train], labels[train], n_folds)
    folds = tuple(_folds(cutoffs, label_ends, labels, train, wanted, telling))
    if not folds:  # a short history still has its newest cutoff
        folds = tuple(_folds(cutoffs, label_ends, labels, train, np.unique(cutoffs[train])[-1:], telling))
    if not folds:
        raise EvidenceError(_too_short(cutoffs, train, test_start))
    is_proven = telling(labels[test]) >= ENOUGH_OUTCOMES
    return Split(train, test, test_start, folds, is_proven, learned=np.arange(len(cutoffs)))


def _calendar_starts(cutoffs: Cutoffs, label_ends: Cutoffs, labels: Labels, n_folds: int) -> Cutoffs:
    """Where stretches of one horizon begin, counted back from the newest cutoff: neighbours share few outcomes."""
    instants, starts = np.unique(cutoffs), np.zeros(0, np.int64)
    while len(instants) and len(starts) < n_folds:
        inside = instants > instants[-1] - np.max(label_ends - cutoffs)
        starts, instants = np.append(instants[inside][0], starts), instants[~inside]
    return starts


def _trigger_starts(cutoffs: Cutoffs, label_ends: Cutoffs, labels: Labels, n_folds: int) -> Cutoffs:
    """Quantiles of the positives; of those alone before which 30 of each class were known, where the first is not."""
    positives = np.sort(cutoffs[labels == 1])
    if not len(positives):
        return positives
    starts = positives[len(positives) * np.arange(1, n_folds + 1) // (n_folds + 1)]
    later = positives[positives >= _taught(label_ends, labels)]
    if len(later) and starts[0] < later[0]:
        starts = later[len(later) * np.arange(n_folds) // n_folds]
    return np.unique(starts)


def _taught(label_ends: Cutoffs, labels: Labels) -> int:
    """When 30 rows of each class were known, in seconds; the end of time when that never came."""
    ends = [np.sort(label_ends[labels == label]) for label in (0, 1)]
    if min(len(one) for one in ends) < _ENOUGH_TO_LEARN:
        return int(np.iinfo(np.int64).max)
    return int(max(one[_ENOUGH_TO_LEARN - 1] for one in ends))


def _folds(
    cutoffs: Cutoffs, label_ends: Cutoffs, labels: Labels, train: Index, starts: Cutoffs, telling: Telling
) -> Iterator[Fold]:
    for start, end in pairwise([*starts.tolist(), np.iinfo(np.int64).max]):
        known = train[label_ends[train] <= start]
        valid = train[(start <= cutoffs[train]) & (cutoffs[train] < end)]
        if telling(labels[known]) and telling(labels[valid]):
            yield Fold(known, valid, start)


def _too_short(cutoffs: Cutoffs, train: Index, test_start: int) -> str:
    if not len(train):
        found = f"no row's outcome was known before the test starts at {shown(test_start)}"
    else:
        first, last = int(cutoffs[train].min()), int(cutoffs[train].max())
        found = f"{len(train)} training rows with cutoffs from {shown(first)} to {shown(last)} leave no forward fold"
    return (
        f"{found}: a fold needs both outcomes among rows that were known before it and among its own. "
        "A longer log, a shorter horizon, a shorter burn_in or more frequent cutoffs make one"
    )
