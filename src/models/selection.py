"""Fewer columns, where fewer have proved better forward in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import optuna

from ..features.periods import rarer_class
from ..progress import Progress
from .fit import Fitting
from .rehearsal import Attempt, Rehearsal
from .spaces import SPACES
from .tune import Search

__all__ = ["narrowed"]

_SHARES = (0.5, 0.25)
_FEWEST = 8
"""Columns below which there is nothing to choose."""
_ENOUGH = 200
"""Rows of the rarer outcome for each column, from which on trees are hardly misled by a column too many.

Source: van der Ploeg, Austin, Steyerberg (2014), Modern modelling techniques are data hungry, BMC Medical Research
Methodology 14.
"""
_SAMPLE = 1_000
_GAIN = 1e-3
"""The part of the log-loss that fewer columns must save; less is luck."""


def narrowed(search: Search, progress: Progress) -> Search:
    """The search among fewer columns, or as it was.

    Columns are ranked on the rows of each fold that were known before it and judged on its later rows, so that the
    way of choosing is what is judged: by the first of the settings that are known to do well. Fewer must lose less
    on every fold, and a thousandth less in the mean; a quarter of them is tried where half of them did. Nothing is
    tried where there are few columns, or many outcomes for each.
    """
    names, newest = search.table.names, search.folds[-1].train
    if len(names) < _FEWEST or rarer_class(search.table.labels[newest]) >= _ENOUGH * len(names):
        return search
    known = optuna.trial.FixedTrial(dict(SPACES[search.recipe.space].known[0]))
    fitting = search.fitting(search.settings(known), rounds=0)
    whole = [one.attempt(fitting, search.threads).log_loss for one in search.rehearsals]
    best, best_loss = 1.0, (1.0 - _GAIN) * float(np.mean(whole))
    for share in _SHARES:
        loss = _loss_of(share, fitting, search)
        if loss is None or loss >= best_loss:
            break
        best, best_loss = share, loss
    if best == 1.0:
        return search
    judged = search.rehearsals[-1]
    fewest = _strongest(judged, judged.attempt(fitting, search.threads), best)
    progress.say(f"{search.name}: {len(fewest)} of {len(names)} features did better on every forward fold")
    return replace(search, table=search.table.of(fewest))


def _loss_of(share: float, fitting: Fitting, search: Search) -> float | None:
    """The mean loss with that share of the columns; None as soon as they lose no less on one of the folds."""
    losses = []
    for fold in search.rehearsals:
        whole = fold.attempt(fitting, search.threads)
        names = _strongest(fold, whole, share)
        losses.append(fold.of(names).attempt(replace(fitting, names=names), search.threads).log_loss)
        if losses[-1] >= whole.log_loss:
            return None
    return float(np.mean(losses))


def _strongest(fold: Rehearsal, attempt: Attempt, share: float) -> tuple[str, ...]:
    """That part of the columns which moves the scores of the fold's training rows most, in their own order."""
    known, names = fold.train, fold.table.names
    rows = known[np.linspace(0, len(known) - 1, min(_SAMPLE, len(known))).astype(np.intp)]
    strength = np.abs(attempt.contributions(fold.table.vectors[rows])[:, :-1]).mean(axis=0)
    kept = np.argsort(-strength, kind="stable")[: max(round(share * len(names)), 1)]
    return tuple(names[column] for column in np.sort(kept))
