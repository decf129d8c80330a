"""A recipe put to the proof: fitted on the past, calibrated on forward scores, and asked about the test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from .calibration import Calibration, fit_calibration
from .fit import Fitting, fit
from .metrics import Ranking
from .scorer import Scorer
from .table import Table, plan_of, table_of

if TYPE_CHECKING:
    from ..features.dataset import Dataset
    from ..features.plan import Plan
    from .folds import Split

__all__ = ["Candidate", "Forward", "Ground", "Index"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Forward:
    """Out-of-fold scores `margins` (n,), the `rows` (n,) they are of, and where each one's fold starts, in seconds."""

    margins: Floats
    rows: Index
    periods: npt.NDArray[np.int64]


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

    def forward(self, fitting: Fitting) -> Forward:
        """Scores of each fold's later rows, by a model of what was known before them."""
        table = self.table(fitting)
        folds = self.split.folds
        margins = [fit(fitting, table.at(fold.train), self.threads).margin(table.vectors[fold.valid]) for fold in folds]
        periods = [np.full(len(fold.valid), fold.start, np.int64) for fold in folds]
        return Forward(np.concatenate(margins), np.concatenate([fold.valid for fold in folds]), np.concatenate(periods))

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
    def proven(cls, name: str, fitting: Fitting, ground: Ground) -> Self:
        """The contender that the recipe makes of the training rows."""
        forward = ground.forward(fitting)
        dataset, rows = ground.dataset, forward.rows
        labels, users, known = dataset.labels[rows], dataset.users[rows], dataset.label_ends[rows]
        is_log_odds = fitting.form != "rule"
        calibration = fit_calibration(
            forward.margins, labels, forward.periods, users, known=known, is_log_odds=is_log_odds
        )
        scorer = ground.fitted(fitting)
        margins = scorer.margin(ground.table(fitting).vectors[ground.split.test])
        precision = Ranking.of(forward.margins, labels).average_precision(np.ones(len(labels)))
        return cls(name, fitting, scorer, calibration, forward, precision, margins, calibration.probability(margins))
