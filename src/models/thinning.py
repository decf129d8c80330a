"""Fewer rows to learn from, where outcomes overlap so far that more of them tell little."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..features.periods import rarer_class

if TYPE_CHECKING:
    from ..features.dataset import Dataset
    from .folds import Index, Split

__all__ = ["thinned"]

_TOLD = 3
"""How many outcomes of a user may hold the same instant."""
_FEWEST = 50_000
"""Rows that stay, for so many are learned from quickly."""
_FEWEST_TELLING = 100
"""Rows of the rarer outcome that stay."""


def thinned(divided: Split, dataset: Dataset) -> Split:
    """The split, with fewer rows to learn from where cutoffs are close and rows many; those that judge all stay.

    Of each user every second cutoff is learned from, or every third and so on, until three outcomes share an instant
    at most. Which ones differs from user to user, so that all cutoffs are learned from and nobody is left out.
    """
    instants, at = np.unique(dataset.cutoffs, return_inverse=True)
    horizon = int(np.max(dataset.label_ends - dataset.cutoffs))
    every = -(-int((instants > instants[-1] - horizon).sum()) // _TOLD)
    if dataset.trigger_ids is not None or every < 2 or len(dataset) < 2 * _FEWEST:
        return divided
    user = np.asarray(pa.array(dataset.users).dictionary_encode().indices)
    is_kept = (at + user) % every == 0

    def fewer(rows: Index) -> Index:
        kept = rows[is_kept[rows]]
        is_enough = len(kept) >= _FEWEST and rarer_class(dataset.labels[kept]) >= _FEWEST_TELLING
        return kept if is_enough else rows

    folds = tuple(replace(fold, train=fewer(fold.train)) for fold in divided.folds)
    return replace(divided, train=fewer(divided.train), folds=folds, learned=fewer(divided.learned))
