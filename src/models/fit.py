"""Vectors and outcomes in, a scorer out: the very code that will score is what is judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Literal, Self

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from .bgnbd_scorer import Columns, fit_bgnbd
from .forest_average import averaged
from .ladder import Form
from .linear import fit_linear
from .mean import MeanScorer
from .objectives import OBJECTIVES, Objective
from .rule import fit_rule
from .scorer import Scorer, parse_scorer
from .table import Source, Table
from .two_stage import TwoStageScorer

__all__ = ["Attempt", "Fitting", "Parameters", "Rehearsal", "best_rounds", "fit"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Parameters = dict[str, Any]
Contributions = Callable[[npt.NDArray[np.float32]], Floats]

_STAGES = ("chance", "amount", "bgnbd", "linear")
"""What a recipe that is made of others has settings under, if any."""
_SHARED = frozenset({"objective", "monotone"})
"""What all forests of an average have in common."""
_MOST_ROUNDS = 1_000
_CUT: Parameters = {"feature_pre_filter": False, "verbosity": -1, "bin_construct_sample_cnt": 20_000}
"""How columns are cut into bins: by the values of so many rows, eighty for each bin."""
_PATIENCE = 3.0
"""How much learning rate may go by in rounds without a better one: 30 rounds at a rate of 0.1."""


@dataclass(frozen=True)
class Fitting:
    """A recipe with everything frozen, so that it can be fitted again on other rows: what the gate compares.

    `names` are the columns it reads of the `source`; `rounds` counts trees and is 0 for other forms. `params` are
    LightGBM's own but for `monotone`, which binds columns by name: 1 to rise, -1 to fall. Without an `objective` among
    them the outcome is yes or no. Two stages have `params` of their own under `chance` and `amount`, a mean has those
    of its parts under their forms, and a forest that is the average of several has those of each under `members`.
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
        return replace(self, form="forest", **_recipe(self.params[name]))

    @property
    def members(self) -> tuple[Fitting, ...]:
        """The recipes whose margins are averaged: this one, where it is of no others."""
        shared = dict(self.params)
        members = shared.pop("members", None)
        return (self,) if members is None else tuple(replace(self, **_recipe({**shared, **one})) for one in members)

    @property
    def parts(self) -> tuple[Fitting, ...]:
        """The recipes whose margins a mean is of."""
        forms: tuple[Form, ...] = ("bgnbd", "linear")
        return tuple(replace(self, form=form, params=self.params[form]) for form in forms)

    @property
    def as_stage(self) -> Parameters:
        """The settings and the rounds together, as a part of another recipe."""
        return {**self.params, "rounds": self.rounds}

    @property
    def settings(self) -> Iterator[tuple[tuple[str, ...], Parameters]]:
        """The settings that belong together, each with where they stand in the recipe, such as `chance`, `forest_2`."""
        return _settled(self.params, ())

    def together(self, others: Sequence[Fitting]) -> Fitting:
        """The recipe of the average of this forest and others of the same columns and objective."""
        if not others:
            return self
        shared = {name: value for name, value in self.params.items() if name in _SHARED}
        parts = [one.as_stage for one in (self, *others)]
        members = [{name: value for name, value in part.items() if name not in _SHARED} for part in parts]
        rounds = self.rounds + sum(one.rounds for one in others)
        return replace(self, params={**shared, "members": members}, rounds=rounds)

    def as_dict(self) -> dict[str, Any]:
        """The recipe as JSON holds it."""
        return {**asdict(self), "names": list(self.names)}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        """The recipe that `as_dict` wrote."""
        return cls(**{**written, "names": tuple(written["names"])})


@dataclass(frozen=True)
class Attempt:
    """How settings did on one fold: the `losses` (n_rounds,) after each round, or the one of a form without any.

    They are those of the margins, levels apart; of amounts it is the mean deviance, which is twice a log-loss but for
    what no model can change. `margins` tells those of the later rows after so many rounds, `contributions` what each
    column adds to a margin at the lowest loss, as `Scorer` does. `booster` holds the trees.
    """

    losses: Floats
    margins: Callable[[int], Floats]
    contributions: Contributions
    booster: lgb.Booster | None = None

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


def fit(fitting: Fitting, table: Table, threads: int = 1) -> Scorer:
    """The scorer that the recipe makes of the rows; the same rows, seed and settings make the same text.

    The threads change neither the trees nor the text, in which LightGBM notes them.
    """
    if fitting.form == "rule":
        return fit_rule(table.vectors, table.names.index(fitting.params["column"]), fitting.params["direction"])
    if fitting.form == "two_stage":
        chance, amount = (fit(fitting.stage(name), table, threads) for name in ("chance", "amount"))
        return TwoStageScorer(chance, amount)
    if fitting.form == "mean":
        return MeanScorer(tuple(fit(one, table) for one in fitting.parts))
    objective = fitting.objective
    table = objective.rows(table)
    if fitting.form == "bgnbd":
        columns = Columns(*(table.names.index(fitting.params[one]) for one in Columns._fields))
        return fit_bgnbd(table.vectors, objective.targets(table), columns, float(fitting.params["days"]))
    if fitting.form == "linear":
        strength, is_log = float(fitting.params["strength"]), bool(fitting.params["is_log"])
        targets, solve = objective.targets(table), objective.solve
        return fit_linear(table.vectors, targets, table.is_category, strength, is_log=is_log, solve=solve)
    rows = _rows(table, objective)
    return parse_scorer("forest", averaged([_grown(one, table, rows, threads) for one in fitting.members]))


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
        """The scorer that the recipe makes of `train`; trees that attempts have grown are not grown again."""
        if fitting.form != "forest":
            return fit(fitting, self.table.at(self.train), threads)
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
        return _rows(self.objective.rows(self.table.at(self.train)), self.objective)

    @cached_property
    def _later_rows(self) -> Any:
        return lgb.Dataset(self._later.vectors, self.targets, reference=self._rows, params=dict(_CUT))

    def _text(self, fitting: Fitting, threads: int) -> str:
        attempt = self._made.get(_named(fitting))
        booster = None if attempt is None else attempt.booster
        if booster is None or booster.num_trees() < fitting.rounds:
            return _grown(fitting, self.table, self._rows, threads)
        return str(booster.model_to_string(num_iteration=fitting.rounds))

    def _fitted(self, fitting: Fitting, threads: int) -> Attempt:
        scorer = fit(fitting, self.table.at(self.train), threads)
        margins = scorer.margin(self._later.vectors)
        loss = self.objective.loss_of(margins, self.targets)
        return Attempt(np.array([loss]), lambda _: margins, scorer.contributions)

    def _grown(self, fitting: Fitting, threads: int) -> Attempt:
        losses: list[float] = []

        def loss(told: Floats, _: object) -> tuple[str, float, bool]:
            losses.append(self.objective.loss_of(self.objective.margins(told), self.targets))
            return "loss", losses[-1], False

        growing = lgb.train(
            {**_settings(fitting, self.table, threads), "metric": "None"},
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


def _recipe(stage: Mapping[str, Any]) -> dict[str, Any]:
    """The settings and the rounds that `Fitting.as_stage` put together."""
    params = dict(stage)
    return {"rounds": params.pop("rounds"), "params": params}


def _settled(params: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Parameters]]:
    parts = {stage: params[stage] for stage in _STAGES if stage in params}
    parts |= {f"forest_{at}": member for at, member in enumerate(params.get("members", ()), start=1)}
    own = {name: value for name, value in params.items() if name not in {*_STAGES, "members"}}
    if own:
        yield place, own
    for name, part in parts.items():
        yield from _settled(part, (*place, name))


def _grown(fitting: Fitting, table: Table, rows: Any, threads: int) -> str:
    booster = lgb.train(_settings(fitting, table, threads), rows, fitting.rounds)
    return str(booster.model_to_string()).replace(f"\n[num_threads: {threads}]\n", "\n[num_threads: 1]\n")


def _settings(fitting: Fitting, table: Table, threads: int) -> Parameters:
    params = dict(fitting.params)
    directions = params.pop("monotone", {})
    bound = [directions.get(name, 0) for name in table.names]
    return {
        "objective": fitting.objective.name,
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
        params=dict(_CUT),
    )
