"""How settings do before they are chosen: tried on each fold's earlier rows, and seen on its later ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from .boosting import CUT, Parameters, grown, rows_of, settings_of, text_of
from .fit import Fitting, fit, mean_of
from .forest_average import averaged
from .objectives import Objective
from .scorer import Scorer, parse_scorer
from .table import Table

__all__ = ["Attempt", "Rehearsal", "best_rounds"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Contributions = Callable[[npt.NDArray[np.float32]], Floats]

_MOST_ROUNDS = 1_000
_PATIENCE = 3.0
"""How much learning rate may go by in rounds without a better one: 30 rounds at a rate of 0.1."""


@dataclass(frozen=True)
class Attempt:
    """How settings did on one fold: the `losses` (n_rounds,) after each round, or the one of a form without any.

    They are those of the margins, levels apart; of amounts it is the mean deviance, which is twice a log-loss but for
    what no model can change. `margins` tells those of the later rows after so many rounds, `contributions` what each
    column adds to a margin at the lowest loss, as `Scorer` does. `booster` holds the trees, `scorer` is what a form
    without any came to.
    """

    losses: Floats
    margins: Callable[[int], Floats]
    contributions: Contributions
    booster: lgb.Booster | None = None
    scorer: Scorer | None = None

    @property
    def log_loss(self) -> float:
        """The lowest of the losses."""
        return float(self.losses.min())


def best_rounds(attempts: Sequence[Attempt]) -> tuple[int, float]:
    """The rounds after which the same settings lose least in the mean of folds, and that loss; 0 of a form without any.

    They are of as many as every fold has grown, so that what is told of them was seen on each.
    """
    shortest = min(len(one.losses) for one in attempts)
    losses = np.mean([one.losses[:shortest] for one in attempts], axis=0)
    least = int(np.argmin(losses))
    return 0 if attempts[0].booster is None else least + 1, float(losses[least])


@dataclass(frozen=True)
class Rehearsal:
    """The rows `train` of a table that settings are tried on and the later ones, `valid`, where it shows how they did.

    What LightGBM makes of the rows is made once for any number of attempts, and none is made twice. Only that is kept,
    a byte for each number; the rows themselves are in the table, which all folds share.
    """

    table: Table
    train: Index
    valid: Index
    objective: Objective
    _made: dict[str, Attempt] = field(default_factory=dict, repr=False, compare=False)

    def attempt(self, fitting: Fitting, threads: int) -> Attempt:
        """How the settings do. Trees stop once `valid` has not improved for a while, whatever the recipe's rounds."""
        name = _named(fitting)
        if name not in self._made:
            self._made[name] = (self._grown if fitting.form == "forest" else self._fitted)(fitting, threads)
        return self._made[name]

    def scorer(self, fitting: Fitting, threads: int) -> Scorer:
        """The scorer that the recipe makes of `train`; what attempts have made is not made again."""
        if fitting.form == "mean":
            return mean_of(fitting, [self.scorer(one, threads) for one in fitting.parts])
        if fitting.form != "forest":
            attempt = self._made.get(_named(fitting))
            known = None if attempt is None else attempt.scorer
            return known or fit(fitting, self.table.at(self.train), threads)
        return parse_scorer("forest", averaged([self._text(one, threads) for one in fitting.members]))

    def of(self, names: Sequence[str]) -> Rehearsal:
        """The same rows with some of their columns."""
        return Rehearsal(self.table.of(names), self.train, self.valid, self.objective)

    @cached_property
    def targets(self) -> Floats:
        """What came in the later rows, `(n_rows,)`."""
        return self.objective.targets(self._later)

    @property
    def _later(self) -> Table:
        return self.objective.rows(self.table.at(self.valid))

    @cached_property
    def _rows(self) -> Any:
        return rows_of(self.objective.rows(self.table.at(self.train)), self.objective)

    @cached_property
    def _later_rows(self) -> Any:
        return lgb.Dataset(self._later.vectors, self.targets, reference=self._rows, params=dict(CUT))

    def _text(self, fitting: Fitting, threads: int) -> str:
        attempt, earlier = self._made.get(_named(fitting)), self.objective.rows(self.table.at(self.train))
        booster = None if attempt is None else attempt.booster
        if booster is None or booster.num_trees() < fitting.rounds:
            return grown(fitting, earlier, self._rows, threads)
        return text_of(booster, fitting, earlier)

    def _fitted(self, fitting: Fitting, threads: int) -> Attempt:
        scorer = fit(fitting, self.table.at(self.train), threads)
        margins = scorer.margin(self._later.vectors)
        loss = self.objective.loss_of(margins, self.targets)
        return Attempt(np.array([loss]), lambda _: margins, scorer.contributions, scorer=scorer)

    def _grown(self, fitting: Fitting, threads: int) -> Attempt:
        losses: list[float] = []

        def loss(told: Floats, _: object) -> tuple[str, float, bool]:
            losses.append(self.objective.loss_of(self.objective.margins(told), self.targets))
            return "loss", losses[-1], False

        growing = lgb.train(
            {**settings_of(fitting, self.table, threads), "metric": "None"},
            self._rows,
            _MOST_ROUNDS,
            valid_sets=[self._later_rows],
            feval=loss,
            callbacks=[lgb.early_stopping(_patience(fitting.params), verbose=False)],
            keep_training_booster=True,
        )
        booster = lgb.Booster(model_str=growing.model_to_string(num_iteration=-1))
        told = partial(booster.predict, raw_score=True)
        return Attempt(
            np.array(losses),
            lambda rounds: np.asarray(told(self._later.vectors, num_iteration=rounds), np.float64),
            partial(booster.predict, pred_contrib=True, num_iteration=growing.best_iteration),
            booster,
        )


def _named(fitting: Fitting) -> str:
    """What attempts with the recipe have in common, whatever its rounds."""
    return json.dumps([fitting.form, fitting.names, fitting.params, fitting.seed], sort_keys=True)


def _patience(params: Parameters) -> int:
    return max(round(_PATIENCE / float(params["learning_rate"])), 1)
