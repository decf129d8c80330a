"""The ways in which amounts are learned, each searched on forward folds; which is best shows there too."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...progress import Progress
from ..candidate import Ground
from ..fit import Fitting, Parameters
from ..ladder import Evidence, Form, Recipe, evidence_of
from ..monotone import directions
from ..spec import TrainingSpec
from ..table import table_of
from ..train import Memory
from ..tune import Search, Tuned, tune
from .estimate import Estimate
from .ladder import has_two_stages

__all__ = ["Found", "search_ways"]


@dataclass(frozen=True)
class Found:
    """The best of the ways, and the forward loss of each that was tried, by name."""

    model: Estimate
    losses: dict[str, float]
    trials: int
    pruned: int


def search_ways(ground: Ground, spec: TrainingSpec, recipe: Recipe, memory: Memory, progress: Progress) -> Found:
    """The way with the least deviance forward in time.

    Trees learn the amount at once, by Tweedie's likelihood, or in two stages: whether there is any, and by gamma's how
    much of those who have. They share the trials; a way that costs two searches gets half as many for each. Beside
    them stands a regression on a logarithm, which is quick, and all there is for few people.
    """
    tries, few = _Search(ground, spec, recipe, memory, progress), max(spec.trials // 4, 1)
    tried = {"regression": tries("tweedie", spec.trials if recipe.form == "linear" else few, is_linear=True)}
    fittings = {"regression": tried["regression"].fitting}
    if recipe.form == "forest":
        tried["tweedie"] = tries("tweedie", max(spec.trials // 2, 1))
        fittings["tweedie"] = tried["tweedie"].fitting
    if has_two_stages(_evidence(ground)):
        tried |= {objective: tries(objective, few, is_stage=True) for objective in ("binary", "gamma")}
        fittings["two stages"] = _two_stages(tried["binary"].fitting, tried["gamma"].fitting)
    models = {way: Estimate.proven("model", fitting, ground) for way, fitting in fittings.items()}
    best = min(models.values(), key=lambda one: one.forward_loss)
    losses = {way: one.forward_loss for way, one in models.items()}
    trials, pruned = (sum(getattr(one, count) for one in tried.values()) for count in ("trials", "pruned"))
    return Found(best, losses, trials, pruned)


@dataclass(frozen=True)
class _Search:
    """A search for the settings of one objective."""

    ground: Ground
    spec: TrainingSpec
    recipe: Recipe
    memory: Memory
    progress: Progress

    def __call__(self, objective: str, trials: int, *, is_linear: bool = False, is_stage: bool = False) -> Tuned:
        dataset, spec = self.ground.dataset, self.spec
        recipe = replace(self.recipe, form="linear", space="linear") if is_linear else self.recipe
        search = Search(
            f"{dataset.tag} {'regression' if is_linear else objective}",
            dataset.fingerprint,
            table_of(dataset, "features"),
            self.ground.split.folds,
            recipe,
            trials,
            spec.seed,
            spec.threads,
            starts=_settings(self.memory.champion, objective, recipe.form),
            minutes=None if spec.minutes is None else spec.minutes * trials / max(spec.trials, 1),
            monotone=directions(dataset.plan.features, spec.monotone),
            objective=objective,
            alone=is_stage,
        )
        return tune(search, self.memory.journal, self.progress)


def _settings(champion: Fitting | None, objective: str, form: Form) -> tuple[Parameters, ...]:
    """What the champion knows of this objective, in this form."""
    if champion is None or champion.source != "features":
        return ()
    stages = [champion.stage(name) for name in ("chance", "amount")] if champion.form == "two_stage" else [champion]
    members = [one for stage in stages for one in stage.members]
    return tuple(one.params for one in members if (one.objective.name, one.form) == (objective, form))


def _evidence(ground: Ground) -> Evidence:
    train = ground.split.train
    return evidence_of(ground.dataset.users[train], ground.dataset.labels[train])


def _two_stages(chance: Fitting, amount: Fitting) -> Fitting:
    params = {"chance": chance.as_stage, "amount": amount.as_stage}
    return replace(chance, form="two_stage", params=params, rounds=chance.rounds + amount.rounds)
