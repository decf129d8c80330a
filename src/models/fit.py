"""Vectors and outcomes in, a scorer out: the very code that will score is what is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

import lightgbm as lgb

from .ladder import Form
from .linear import fit_linear
from .objectives import OBJECTIVES, Objective
from .rule import fit_rule
from .scorer import Scorer, parse_scorer
from .table import Source, Table
from .two_stage import TwoStageScorer

__all__ = ["Attempt", "Fitting", "Parameters", "attempt", "fit"]

Parameters = dict[str, Any]

_MOST_ROUNDS = 1_000
_PATIENCE = 50


@dataclass(frozen=True)
class Fitting:
    """A recipe with everything frozen, so that it can be fitted again on other rows: what the gate compares.

    `names` are the columns it reads of the `source`; `rounds` counts trees and is 0 for other forms. `params` are
    LightGBM's own but for `monotone`, which binds columns by name: 1 to rise, -1 to fall. Without an `objective` among
    them the outcome is yes or no. Two stages have `params` of their own under `chance` and `amount`.
    """

    form: Form
    source: Source
    names: tuple[str, ...]
    params: Parameters
    rounds: int
    seed: int

    @property
    def objective(self) -> Objective:
        """What it is fitted to."""
        return OBJECTIVES[self.params.get("objective", "binary")]

    def stage(self, name: Literal["chance", "amount"]) -> Fitting:
        """The recipe of one of two stages."""
        params = dict(self.params[name])
        return replace(self, form="forest", rounds=params.pop("rounds"), params=params)

    def as_dict(self) -> dict[str, Any]:
        """The recipe as JSON holds it."""
        return {**asdict(self), "names": list(self.names)}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        """The recipe that `as_dict` wrote."""
        return cls(**{**written, "names": tuple(written["names"])})


@dataclass(frozen=True)
class Attempt:
    """How settings did on one fold: the rounds at which the loss was lowest, and that log-loss.

    Of amounts it is the mean deviance, which is twice a log-loss but for what no model can change.
    """

    rounds: int
    log_loss: float


def fit(fitting: Fitting, table: Table, threads: int = 1) -> Scorer:
    """The scorer that the recipe makes of the rows; the same rows, seed and settings make the same text.

    The threads change neither the trees nor the text, in which LightGBM notes them.
    """
    if fitting.form == "rule":
        return fit_rule(table.vectors, table.names.index(fitting.params["column"]), fitting.params["direction"])
    if fitting.form == "two_stage":
        chance, amount = (fit(fitting.stage(name), table, threads) for name in ("chance", "amount"))
        return TwoStageScorer(chance, amount)
    objective = fitting.objective
    table = objective.rows(table)
    if fitting.form == "linear":
        strength, is_log = float(fitting.params["strength"]), bool(fitting.params["is_log"])
        targets, solve = objective.targets(table), objective.solve
        return fit_linear(table.vectors, targets, table.is_category, strength, is_log=is_log, solve=solve)
    booster = lgb.train(_settings(fitting, table, threads), _rows(table, objective), fitting.rounds)
    text = str(booster.model_to_string()).replace(f"\n[num_threads: {threads}]\n", "\n[num_threads: 1]\n")
    return parse_scorer("forest", text)


def attempt(train: Table, valid: Table, fitting: Fitting, threads: int) -> Attempt:
    """How the settings do when fitted on `train` and looked at on `valid`.

    Trees stop once `valid` has not improved for 50 rounds; the rounds of the recipe are not used.
    """
    objective = fitting.objective
    known, later = objective.rows(train), objective.rows(valid)
    if fitting.form != "forest":
        return _attempted(0, fit(fitting, train, threads).margin(later.vectors), later, objective)
    rows = _rows(known, objective)
    booster = lgb.train(
        _settings(fitting, known, threads),
        rows,
        _MOST_ROUNDS,
        valid_sets=[lgb.Dataset(later.vectors, objective.targets(later), reference=rows)],
        valid_names=["valid"],
        callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
    )
    return _attempted(int(booster.best_iteration), booster.predict(later.vectors, raw_score=True), later, objective)


def _attempted(rounds: int, margins: Any, later: Table, objective: Objective) -> Attempt:
    return Attempt(rounds, float(objective.losses(margins, objective.targets(later)).mean()))


def _settings(fitting: Fitting, table: Table, threads: int) -> Parameters:
    params = dict(fitting.params)
    directions = params.pop("monotone", {})
    bound = [directions.get(name, 0) for name in table.names]
    return {
        "objective": fitting.objective.name,
        "metric": fitting.objective.metric,
        "deterministic": True,
        "force_col_wise": True,
        "feature_pre_filter": False,
        "zero_as_missing": False,
        "verbosity": -1,
        "num_threads": threads,
        "seed": fitting.seed,
        **({"monotone_constraints": bound, "monotone_constraints_method": "intermediate"} if any(bound) else {}),
        **params,
    }


def _rows(table: Table, objective: Objective) -> Any:
    """LightGBM's rows; columns get plain names because the plan holds the real ones."""
    return lgb.Dataset(
        table.vectors,
        objective.targets(table),
        feature_name=[f"f{position}" for position in range(len(table.names))],
        categorical_feature=list(table.categories),
        params={"feature_pre_filter": False, "verbosity": -1},
    )
