"""The ways in which amounts are learned, each searched on forward folds, and averaged where that loses less there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ...progress import Progress
from ..candidate import Ground
from ..fit import Fitting, Parameters, fit
from ..ladder import Evidence, Form, Recipe, evidence_of
from ..monotone import directions
from ..spec import TrainingSpec
from ..table import Table, table_of
from ..train import Memory
from ..tune import Search, Tuned, tune
from .estimate import Estimate, buying_of
from .ladder import has_two_stages
from .way import Way, in_two_stages, mean_of_ways, those_averaged

__all__ = ["Found", "search_ways"]

_OF_TREES = ("tweedie", "two stages")


@dataclass(frozen=True)
class Found:
    """The model, which is the mean of the ways `averaged`, and the deviance forward in time of each way by itself."""

    model: Estimate
    averaged: tuple[str, ...]
    losses: dict[str, float]
    trials: int
    pruned: int


@dataclass(frozen=True)
class _Tried:
    """A search for the settings of one objective, done."""

    search: Search
    tuned: Tuned

    @property
    def way(self) -> Way:
        fitting, search = self.tuned.fitting, self.search
        return Way(fitting, tuple(one.scorer(fitting, search.threads) for one in search.rehearsals))


def search_ways(ground: Ground, spec: TrainingSpec, recipe: Recipe, memory: Memory, progress: Progress) -> Found:
    """The mean of those ways that lose least together forward in time, each counting alike.

    Trees learn the amount at once, by Tweedie's likelihood, or in two stages: whether there is any, and by gamma's how
    much of those who have. They share the trials; a way that costs two searches gets half as many for each. Beside
    them stands a regression on a logarithm, which is quick, and all there is for few people, and beside those of a
    count BG/NBD. Where columns are bound, as only trees can promise, trees stay among themselves.
    """
    tries, few = _Tries(ground, spec, recipe, memory, progress), max(spec.trials // 4, 1)
    tried = {"regression": tries("tweedie", spec.trials if recipe.form == "linear" else few, is_linear=True)}
    if recipe.form == "forest":
        tried["tweedie"] = tries("tweedie", max(spec.trials // 2, 1))
    if has_two_stages(_evidence(ground)):
        tried |= {objective: tries(objective, few) for objective in ("binary", "gamma")}
    ways = dict(_ways(tried, ground, spec.seed))
    if tries.bound and any(name in _OF_TREES for name in ways):
        ways = {name: way for name, way in ways.items() if name in _OF_TREES}
    averaged, losses = those_averaged(ways, tried["regression"].search.rehearsals)
    mean = mean_of_ways([ways[name] for name in averaged])
    trials, pruned = (sum(getattr(one.tuned, count) for one in tried.values()) for count in ("trials", "pruned"))
    return Found(Estimate.proven("model", mean.fitting, ground, mean.scorers), averaged, losses, trials, pruned)


@dataclass(frozen=True)
class _Tries:
    """Searches for the settings of an objective."""

    ground: Ground
    spec: TrainingSpec
    recipe: Recipe
    memory: Memory
    progress: Progress

    def __call__(self, objective: str, trials: int, *, is_linear: bool = False) -> _Tried:
        dataset, spec = self.ground.dataset, self.spec
        recipe = replace(self.recipe, form="linear", space="linear") if is_linear else self.recipe
        search = Search(
            f"{dataset.tag} {'regression' if is_linear else objective}",
            dataset.fingerprint,
            self.table,
            self.ground.split.folds,
            recipe,
            trials,
            spec.seed,
            spec.threads,
            starts=tuple(self._known(objective, recipe.form)),
            minutes=None if spec.minutes is None else spec.minutes * trials / max(spec.trials, 1),
            monotone=self.bound,
            objective=objective,
        )
        return _Tried(search, tune(search, self.memory.journal, self.progress))

    @cached_property
    def table(self) -> Table:
        """All columns at all rows."""
        return table_of(self.ground.dataset, "features")

    @cached_property
    def bound(self) -> Mapping[str, int]:
        """Which columns are bound, 1 to rise and -1 to fall."""
        return directions(self.ground.dataset.plan.features, self.spec.monotone)

    def _known(self, objective: str, form: Form) -> Iterator[Parameters]:
        """What the champion knows of this objective, in this form."""
        champion = self.memory.champion
        if champion is not None and champion.source == "features":
            for one in _single(champion):
                if (one.objective.name, one.form) == (objective, form):
                    yield one.params


def _ways(tried: Mapping[str, _Tried], ground: Ground, seed: int) -> Iterator[tuple[str, Way]]:
    """Each way by its name."""
    for name in ("regression", "tweedie"):
        if name in tried:
            yield name, tried[name].way
    if "gamma" in tried:
        yield "two stages", in_two_stages(tried["binary"].way, tried["gamma"].way)
    table = tried["regression"].search.table
    buying = buying_of(ground.dataset, seed, table.names)
    if buying is not None:
        yield "BG/NBD", Way(buying, tuple(fit(buying, table.at(fold.train)) for fold in ground.split.folds))


def _single(fitting: Fitting) -> Iterator[Fitting]:
    """The recipes of one form that it is made of."""
    if fitting.form == "two_stage":
        yield from (one for stage in ("chance", "amount") for one in fitting.stage(stage).members)
    elif fitting.form == "mean":
        yield from (one for part in fitting.parts for one in _single(part))
    else:
        yield from fitting.members


def _evidence(ground: Ground) -> Evidence:
    train = ground.split.train
    return evidence_of(ground.dataset.users[train], ground.dataset.labels[train])
