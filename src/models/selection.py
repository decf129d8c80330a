"""Fewer columns, where fewer have proved better forward in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..progress import Progress
from .fit import Fitting, attempt, fit
from .folds import Fold
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
    way of choosing is what is judged. Fewer must lose less on every fold, and a thousandth less in the mean.
    """
    if len(search.table.names) < _FEWEST:
        return tuned
    losses = np.array([list(_of_fold(search, tuned.fitting, fold)) for fold in search.folds])
    best, best_loss = 1.0, losses[:, 0].mean() * (1.0 - _GAIN)
    for share, fewer in zip(_SHARES, losses[:, 1:].T, strict=True):
        if (fewer < losses[:, 0]).all() and fewer.mean() < best_loss:
            best, best_loss = share, fewer.mean()
    if best == 1.0:
        return tuned
    names = _strongest(_ranked(search.table.at(_known(search)), tuned.fitting, search.threads), best)
    progress.say(f"{search.name}: {len(names)} of {len(search.table.names)} features did better on every forward fold")
    return replace(tuned, fitting=replace(tuned.fitting, names=names), log_loss=float(best_loss))


def _of_fold(search: Search, fitting: Fitting, fold: Fold) -> Iterator[float]:
    """The log-loss on the fold's later rows, with all columns and then with each share of them."""
    train, valid = search.table.at(fold.train), search.table.at(fold.valid)
    yield attempt(train, valid, fitting, search.threads).log_loss
    ranked = _ranked(train, fitting, search.threads)
    for share in _SHARES:
        names = _strongest(ranked, share)
        yield attempt(train.of(names), valid.of(names), fitting, search.threads).log_loss


def _ranked(table: Table, fitting: Fitting, threads: int) -> dict[str, float]:
    """How far each column moves the score of the rows, in the columns' own order."""
    scorer = fit(fitting, table, threads)
    rows = np.linspace(0, len(table.labels) - 1, min(_SAMPLE, len(table.labels))).astype(np.intp)
    strength = np.abs(scorer.contributions(table.vectors[rows])[:, :-1]).mean(axis=0)
    return dict(zip(table.names, strength.tolist(), strict=True))


def _strongest(ranked: dict[str, float], share: float) -> tuple[str, ...]:
    """That part of the columns which moves the score most, in their own order."""
    kept = set(sorted(ranked, key=lambda name: -ranked[name])[: max(round(share * len(ranked)), 1)])
    return tuple(name for name in ranked if name in kept)


def _known(search: Search) -> npt.NDArray[np.intp]:
    """All rows that the folds hold."""
    newest = search.folds[-1]
    return np.union1d(newest.train, newest.valid)
