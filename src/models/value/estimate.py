"""A recipe of amounts put to the proof: fitted on the past, valued on forward scores, and asked about the test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from ...features.history import history_in
from ...timeline import DAY
from ..bgnbd_scorer import Columns
from ..candidate import Forward, Ground, Index
from ..fit import Fitting
from ..scorer import Scorer
from .valuation import Valuation
from .valuing import Seen, fit_valuation

if TYPE_CHECKING:
    from ...features.dataset import Dataset

__all__ = ["RULES", "Estimate", "amounts_of", "best_rule", "buying_of", "rules_of"]

Floats = npt.NDArray[np.float64]

RULES = ("recency", "frequency", "persistence")
"""Names of plain rules; the others are fitted. Persistence is the outcome in as long a time before the cutoff."""


@dataclass(frozen=True)
class Estimate:
    """One contender: its scores on the test `margins` (n_test,), and what it tells of each, `told`, (n_test,) each.

    `forward_losses` (n_forward,) are the deviances of its out-of-fold expectations, NaN where none could be told, and
    `forward_loss` their mean: how contenders are preferred to each other before the test is read. `forward` are the
    scores behind them.
    """

    name: str
    fitting: Fitting
    scorer: Scorer
    calibration: Valuation
    forward: Forward
    forward_losses: Floats
    margins: Floats
    told: Mapping[str, Floats]

    @property
    def forward_loss(self) -> float:
        """The mean of its forward losses."""
        return float(np.nanmean(self.forward_losses))

    @property
    def expected(self) -> Floats:
        """The amount expected of each row of the test."""
        return self.told["expected"]

    @classmethod
    def proven(cls, name: str, fitting: Fitting, ground: Ground, scorers: Iterable[Scorer] | None = None) -> Self:
        """The contender that the recipe makes of the training rows; `Ground.forward` tells of the scorers."""
        forward, dataset = ground.forward(fitting, scorers), ground.dataset
        seen = Seen(
            forward.margins, amounts_of(ground, forward.rows), forward.periods, dataset.label_ends[forward.rows]
        )
        valuation, losses = fit_valuation(seen, is_log=fitting.form != "rule")
        scorer = ground.fitted(fitting)
        margins = scorer.margin(ground.table(fitting).vectors[ground.split.test])
        return cls(name, fitting, scorer, valuation, forward, losses, margins, valuation.told(margins))


def amounts_of(ground: Ground, rows: Index) -> Floats:
    """What came of these rows."""
    amounts = ground.dataset.amounts
    return np.zeros(len(rows)) if amounts is None else amounts[rows]


def rules_of(ground: Ground, seed: int) -> dict[str, Estimate]:
    """What stands beside every model, by name: plain rules, a regression on all that they read, of a count BG/NBD."""
    fittings = dict(_fittings(ground.dataset, seed))
    return {name: Estimate.proven(name, fitting, ground) for name, fitting in fittings.items()}


def buying_of(dataset: Dataset, seed: int, names: Sequence[str] | None = None) -> Fitting | None:
    """The recipe of BG/NBD; None of what is no count.

    Args:
        names: the columns that it is handed; those alone that it reads when left out.
    """
    history = history_in(dataset.plan, dataset.baseline_plan)
    if len(history) < len(Columns._fields):
        return None
    days = float(dataset.label_ends[0] - dataset.cutoffs[0]) / DAY
    buying = {**history, "days": days, "objective": "tweedie"}
    return Fitting("bgnbd", "features", tuple(history.values()) if names is None else tuple(names), buying, 0, seed)


def best_rule(rules: Mapping[str, Estimate], *, plain: bool) -> Estimate:
    """The one with the least loss on the forward folds; a plain rule where a regression would be too bold."""
    return min((one for name, one in rules.items() if name in RULES or not plain), key=lambda one: one.forward_loss)


def _fittings(dataset: Dataset, seed: int) -> Iterator[tuple[str, Fitting]]:
    names = dataset.baseline_plan.names
    for rule in RULES:
        for column in [name for name in names if name.startswith(rule)][:1]:
            first = "low" if rule == "recency" else "high"
            yield rule, Fitting("rule", "baseline", names, {"column": column, "direction": first}, 0, seed)
    on_logs = {"strength": 1.0, "is_log": True, "objective": "tweedie"}
    yield "rfm", Fitting("linear", "baseline", names, on_logs, 0, seed)
    buying = buying_of(dataset, seed)
    if buying is not None:
        yield "bgnbd", buying
