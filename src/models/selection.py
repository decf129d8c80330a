"""Fewer columns, where fewer have proved better forward in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..progress import Progress
from .fit import Fitting, attempt, fit
from .table import Table
from .tune import Search, Tuned

__all__ = ["selected"]

_SHARES = (0.5, 0.25)
_FEWEST = 8
"""Columns below which there is nothing to choose."""
_SAMPLE = 1_000
_GAIN = 1e-3
"""The part of the log-loss that fewer columns must save; less is luck."""


def selected(search: Search, tuned: Tuned, progress: Progress) -> Tuned:
    """The recipe with fewer columns, or as it was.

    Columns are ranked on the rows of each fold that were known before it and judged on its later rows, so that the
    way of choosing is what is judged. Fewer must lose less on every fold, and a thousandth less on the whole.
    """
    if len(search.table.names) < _FEWEST:
        return tuned
    best = tuned
    losses = _losses(search, tuned.fitting, 1.0)
    for share in _SHARES:
        fewer = _losses(search, tuned.fitting, share)
        if (fewer < losses).all() and fewer.mean() < losses.mean() * (1.0 - _GAIN) and fewer.mean() < best.log_loss:
            names = _strongest(search.table.at(_known(search)), tuned.fitting, share, search.threads)
            best = replace(tuned, fitting=replace(tuned.fitting, names=names), log_loss=float(fewer.mean()))
    if best is not tuned:
        kept, offered = len(best.fitting.names), len(search.table.names)
        progress.say(f"{search.name}: {kept} of {offered} features did better on every forward fold")
    return best


def _losses(search: Search, fitting: Fitting, share: float) -> np.ndarray:
    found = []
    for fold in search.folds:
        train, valid = search.table.at(fold.train), search.table.at(fold.valid)
        names = fitting.names if share == 1.0 else _strongest(train, fitting, share, search.threads)
        found.append(attempt(train.of(names), valid.of(names), fitting, search.threads).log_loss)
    return np.array(found)


def _strongest(table: Table, fitting: Fitting, share: float, threads: int) -> tuple[str, ...]:
    """The columns that move the score of the rows most, in their own order."""
    scorer = fit(fitting, table, threads)
    rows = np.linspace(0, len(table.labels) - 1, min(_SAMPLE, len(table.labels))).astype(np.intp)
    strength = np.abs(scorer.contributions(table.vectors[rows])[:, :-1]).mean(axis=0)
    kept = np.argsort(-strength, kind="stable")[: max(round(share * len(strength)), 1)]
    return tuple(table.names[at] for at in np.sort(kept).tolist())


def _known(search: Search) -> np.ndarray:
    """All rows that the folds hold."""
    newest = search.folds[-1]
    return np.union1d(newest.train, newest.valid)
