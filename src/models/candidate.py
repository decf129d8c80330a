"""A recipe put to the proof: fitted on the past, calibrated on forward scores, and asked about the test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from .calibration import Calibration
from .fit import Fitting, fit
from .logistic import fit_intercept
from .metrics import Ranking
from .recurrence import recurrence
from .scorer import Scorer
from .season import YEAR, Season, reaches, season_of, shifts_of
from .seasonal import Past, seasonal_calibration
from .table import Table, plan_of, table_of

if TYPE_CHECKING:
    from ..features.dataset import Dataset
    from ..features.plan import Plan
    from .folds import Fold, Split

__all__ = ["Candidate", "Forward", "Ground", "Index"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Forward:
    """Out-of-fold scores `margins` (n,), the `rows` (n,) they are of, and where each one's fold starts, in seconds.

    `shifts` (n,) is what the season of the year before adds to them, as each fold's own model tells it.
    """

    margins: Floats
    rows: Index
    periods: npt.NDArray[np.int64]
    shifts: Floats


@dataclass(frozen=True)
class Ground:
    """What candidates are fitted and judged on: the same rows and the same split for all."""

    dataset: Dataset
    split: Split
    threads: int

    def table(self, fitting: Fitting) -> Table:
        """The columns that the recipe reads, at all rows."""
        return table_of(self.dataset, fitting.source, fitting.names)

    def plan(self, fitting: Fitting) -> Plan:
        """The plan of the columns that the recipe reads, in its order."""
        whole = plan_of(self.dataset, fitting.source)
        by_name = {feature.name: feature for feature in whole.features}
        features = tuple(by_name[name] for name in fitting.names)
        return whole if features == whole.features else replace(whole, features=features)

    def forward(self, fitting: Fitting, scorers: Iterable[Scorer] | None = None) -> Forward:
        """Scores of each fold's later rows, by a model of what was known before them.

        Args:
            scorers: those models, one for each fold, where the search has them already.
        """
        table = self.table(fitting)
        margins, shifts = [], []
        if scorers is None:
            scorers = (fit(fitting, table.at(fold.train), self.threads) for fold in self.split.folds)
        for fold, scorer in zip(self.split.folds, scorers, strict=True):
            margins.append(scorer.margin(table.vectors[fold.valid]))
            shifts.append(self._shifts(fitting, fold))
        rows = np.concatenate([fold.valid for fold in self.split.folds])
        periods = np.concatenate([np.full(len(fold.valid), fold.start, np.int64) for fold in self.split.folds])
        return Forward(np.concatenate(margins), rows, periods, np.concatenate(shifts))

    def season(self, fitting: Fitting, train: Index) -> Season:
        """The season in the rows; empty for a rule, of amounts, at triggers, in less than a year, of a single cutoff.

        Every second cutoff is left out in turn: a model that has learned from a cutoff knows a part of what was
        different there, which it will not know a year later. What it learned from a neighbour that is nearer than a
        horizon, and so shares outcomes, stays. Only the level is that of all rows, as the level of the model of all
        will be: half of the cutoffs may be in one season. Of an average one forest is asked, for all miss the same,
        and with half of the rows it grows half of its rounds. A year counts from the first cutoff of the rows to the
        last of all.
        """
        dataset, cutoffs = self.dataset, self.dataset.cutoffs[train]
        instants, positions = np.unique(cutoffs, return_inverse=True)
        is_short = len(instants) < 2 or np.max(dataset.cutoffs) - instants[0] < YEAR
        has_none = fitting.form == "rule" or dataset.amounts is not None or dataset.trigger_ids is not None
        if has_none or is_short:
            return ()
        table, margins, first = self.table(fitting).at(train), np.empty(len(train)), fitting.members[0]
        asked = replace(first, rounds=(first.rounds + 1) // 2)
        for half in (positions % 2 == 0, positions % 2 == 1):
            told = fit(asked, table.at(np.flatnonzero(~half)), self.threads).margin(table.vectors)
            margins[half] = told[half] + fit_intercept(told, table.labels)
        return season_of(margins, table.labels, cutoffs)

    def _shifts(self, fitting: Fitting, fold: Fold) -> Floats:
        """What the season of the fold says of its later rows; no model is asked where none has a year before it."""
        cutoffs = self.dataset.cutoffs
        is_known = reaches(cutoffs[fold.train], cutoffs[fold.valid])
        return shifts_of(self.season(fitting, fold.train) if is_known else (), cutoffs[fold.valid])

    @property
    def recurrence(self) -> float | None:
        """The part of a season that came again in the log before the test; None where that does not tell."""
        pace = self.dataset.pace
        return None if pace is None else recurrence(pace, self.split.test_start)

    def fitted(self, fitting: Fitting) -> Scorer:
        """The recipe fitted on the training rows."""
        return fit(fitting, self.table(fitting).at(self.split.train), self.threads)


@dataclass(frozen=True)
class Candidate:
    """One contender: its scores on the test `margins` (n_test,), as chances `chances` (n_test,).

    `forward_precision` is the average precision of its out-of-fold scores: how contenders are
    preferred to each other before the test is read. `forward` are those scores.
    """

    name: str
    fitting: Fitting
    scorer: Scorer
    calibration: Calibration
    forward: Forward
    forward_precision: float
    margins: Floats
    chances: Floats

    @classmethod
    def proven(cls, name: str, fitting: Fitting, ground: Ground, scorers: Iterable[Scorer] | None = None) -> Self:
        """The contender that the recipe makes of the training rows; `Ground.forward` tells of the scorers."""
        dataset, forward = ground.dataset, ground.forward(fitting, scorers)
        scorer, test = ground.fitted(fitting), ground.split.test
        labels, known = dataset.labels[forward.rows], dataset.label_ends[forward.rows]
        past = Past(forward.margins, forward.shifts, labels, forward.periods, dataset.users[forward.rows], known)
        if fitting.form == "rule":
            calibration = past.calibration(is_log_odds=False)
        else:
            season = ground.season(fitting, ground.split.train)
            calibration = seasonal_calibration(past, season, ground.recurrence)
        margins = scorer.margin(ground.table(fitting).vectors[test])
        chances = calibration.probability(margins, dataset.cutoffs[test])
        precision = Ranking.of(forward.margins, labels).curve(np.ones(len(labels))).average_precision()
        return cls(name, fitting, scorer, calibration, forward, precision, margins, chances)
