"""Vectors and outcomes in, a scorer out: the very code that will score is what is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Literal, Self

import numpy as np

from .bgnbd_scorer import Columns, fit_bgnbd
from .boosting import Parameters, grown, rows_of
from .forest_average import averaged
from .ladder import Form
from .levels import codes_of, lacked
from .linear import LinearScorer, fit_linear
from .mean import MeanScorer
from .objectives import OBJECTIVES, Objective
from .rule import fit_rule
from .scorer import Scorer, parse_scorer
from .table import Source, Table
from .two_stage import TwoStageScorer

__all__ = ["Fitting", "Parameters", "fit", "mean_of"]

_PARTS: tuple[Form, ...] = ("forest", "two_stage", "linear", "bgnbd")
"""What a mean may be of, in the order of its parts."""
_STAGES = ("chance", "amount", *_PARTS)
"""What a recipe that is made of others has settings under, if any."""
_SHARED = frozenset({"objective", "monotone"})
"""What all forests of an average have in common."""


@dataclass(frozen=True)
class Fitting:
    """A recipe with everything frozen, so that it can be fitted again on other rows: what the gate compares.

    `names` are the columns it reads of the `source`; `rounds` counts trees and is 0 for other forms. `params` are
    LightGBM's own but for `monotone`, which binds columns by name: 1 to rise, -1 to fall. Without an `objective` among
    them the outcome is yes or no. Two stages have `params` of their own under `chance` and `amount`, a mean has those
    of its parts under their forms, and a forest that is the average of several has those of each under `members`; each
    has its own rounds beside them. A part counts by its `weight`, without one by how many members it has.
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
        if self.form == "mean":
            return tuple(member for part in self.parts for member in part.members)
        shared = dict(self.params)
        members = shared.pop("members", None)
        return (self,) if members is None else tuple(replace(self, **_recipe({**shared, **one})) for one in members)

    @property
    def parts(self) -> tuple[Fitting, ...]:
        """The recipes whose margins a mean is of."""
        return tuple(replace(self, form=form, **_recipe(self.params[form])) for form in _PARTS if form in self.params)

    @property
    def kind(self) -> str:
        """The form; of a mean those of its parts, such as `forest_linear`."""
        return "_".join(part.form for part in self.parts) if self.form == "mean" else self.form

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

    def beside(self, others: Sequence[Fitting], *, alike: bool = False) -> Fitting:
        """The recipe of the mean of this one and others, each of another form; this one, where there are none.

        Args:
            alike: whether each counts alike, and not by how many members it has.
        """
        if not others:
            return self
        parts, weight = (self, *others), {"weight": 1.0} if alike else {}
        params: Parameters = {one.form: {**one.as_stage, **weight} for one in parts}
        return replace(self, form="mean", params=params, rounds=sum(one.rounds for one in parts))

    def as_dict(self) -> dict[str, Any]:
        """The recipe as JSON holds it."""
        return {**asdict(self), "names": list(self.names)}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        """The recipe that `as_dict` wrote."""
        return cls(**{**written, "names": tuple(written["names"])})


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
        return mean_of(fitting, [fit(one, table, threads) for one in fitting.parts])
    objective = fitting.objective
    table = objective.rows(table)
    if fitting.form == "bgnbd":
        columns = Columns(*(table.names.index(fitting.params[one]) for one in Columns._fields))
        return fit_bgnbd(table.vectors, objective.targets(table), columns, float(fitting.params["days"]))
    if fitting.form == "linear":
        return _regression(fitting, table)
    rows = rows_of(table, objective)
    return parse_scorer("forest", averaged([grown(one, table, rows, threads) for one in fitting.members]))


def _regression(fitting: Fitting, table: Table) -> LinearScorer:
    """The regression whose periods have levels of their own; it answers at that of all."""
    objective, codes = fitting.objective, codes_of(table)
    strength, is_log = float(fitting.params["strength"]), bool(fitting.params["is_log"])
    solved = partial(fit_linear, strength=strength, is_log=is_log, solve=objective.solve)
    if codes is None:
        return solved(table.vectors, objective.targets(table), table.is_category)
    beside = np.column_stack([table.vectors, codes.astype(np.float32)])
    found = solved(beside, objective.targets(table), (*table.is_category, True))
    found = replace(found, terms=found.terms[:-1])
    return replace(found, intercept=found.intercept + lacked(found.margin, table, objective))


def mean_of(fitting: Fitting, parts: Sequence[Scorer]) -> MeanScorer:
    """The scorer of the recipe of a mean, whose parts have been fitted."""
    counted = [float(fitting.params[one.form].get("weight", len(one.members))) for one in fitting.parts]
    return MeanScorer(tuple(parts), tuple(counted))


def _recipe(stage: Mapping[str, Any]) -> dict[str, Any]:
    """The settings and the rounds that `Fitting.as_stage` put together; no rounds where it is of no trees."""
    params = {name: value for name, value in stage.items() if name != "weight"}
    return {"rounds": params.pop("rounds", 0), "params": params}


def _settled(params: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Parameters]]:
    parts = {stage: params[stage] for stage in _STAGES if stage in params}
    parts |= {f"forest_{at}": member for at, member in enumerate(params.get("members", ()), start=1)}
    own = {name: value for name, value in params.items() if name not in {*_STAGES, "members", "weight"}}
    if own:
        yield place, own
    for name, part in parts.items():
        yield from _settled(part, (*place, name))
