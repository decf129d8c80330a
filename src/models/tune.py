"""The search for settings: seeded, forward in time, and able to go on where it was killed.

The objective is log-loss on forward folds, levels apart. It is proper, it moves with every row, and it is what the
trees minimise; average precision over a few dozen positives jumps with single people, and a search that follows it
picks luck. What is published is still judged by average precision.

It begins with the champion's settings and those that are known to do well. Of the best, those are averaged that lose
less together than alone, and a regression joins them where it does no harm: it errs in other ways.

The budget is a number of trials, so that the same search gives the same answer anywhere. Minutes may
end it sooner, where an answer in time counts for more than the same answer again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from ..progress import Progress
from .ensemble import Ensemble, ensemble_of
from .fit import Fitting, Parameters
from .folds import Fold
from .ladder import Recipe
from .objectives import OBJECTIVES
from .rehearsal import Attempt, Rehearsal, best_rounds
from .spaces import SPACES
from .table import Table

__all__ = ["Search", "Tuned", "tune"]

Floats = npt.NDArray[np.float64]

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
_CONSIDERED = 5
"""The best trials, among which there may be forests worth averaging."""
_MOST = 3
"""Forests in an average; each one more is as much to score."""
_REGRESSION: Parameters = {"strength": 0.03, "is_log": True}
"""What may join the trees: strongly regularised, for it is to lean with many weak columns and not to lead."""


@dataclass(frozen=True)
class Search:
    """What is searched on what: `identity` names the data, so that only the same search is ever continued.

    It begins with the settings `starts`, where there are any; after `minutes` no other trial begins. `monotone` binds
    columns by name, 1 to rise and -1 to fall, which only trees heed. `objective` names what is learned.
    """

    name: str
    identity: str
    table: Table
    folds: tuple[Fold, ...]
    recipe: Recipe
    trials: int
    seed: int
    threads: int
    starts: tuple[Parameters, ...] = ()
    minutes: float | None = None
    monotone: Mapping[str, int] = field(default_factory=dict)
    objective: str = "binary"

    def settings(self, trial: optuna.trial.BaseTrial) -> Parameters:
        """Settings drawn from the space of the recipe."""
        asked = SPACES[self.recipe.space].draw(trial)
        if self.objective == "binary":
            return asked
        asked["objective"] = self.objective
        if self.recipe.form == "forest":
            asked["learning_rate"] = 0.1
        if self.recipe.form == "forest" and self.objective == "tweedie":
            asked["tweedie_variance_power"] = trial.suggest_float("tweedie_variance_power", 1.1, 1.8)
        return asked

    @cached_property
    def rehearsals(self) -> tuple[Rehearsal, ...]:
        """The rows of each fold."""
        objective = OBJECTIVES[self.objective]
        return tuple(Rehearsal(self.table, one.train, one.valid, objective) for one in self.folds)

    def fitting(self, params: Parameters, rounds: int) -> Fitting:
        """The recipe with these settings."""
        bound = {"monotone": dict(self.monotone)} if self.monotone and self.recipe.form == "forest" else {}
        return Fitting(self.recipe.form, "features", self.table.names, {**params, **bound}, rounds, self.seed)

    @property
    def regression(self) -> Fitting | None:
        """The regression that may join the trees; none of amounts, where it is a way by itself, nor beside bounds."""
        if self.table.amounts is not None or self.monotone or self.recipe.form != "forest":
            return None
        return Fitting("linear", "features", self.table.names, _REGRESSION, 0, self.seed)


@dataclass(frozen=True)
class Tuned:
    """The best settings found, or the best together, their rounds and the mean loss of the folds after so many."""

    fitting: Fitting
    log_loss: float
    trials: int
    pruned: int


def tune(search: Search, journal: Path, progress: Progress) -> Tuned:
    """The settings with the lowest mean log-loss on the forward folds, alone or averaged.

    The journal, a file, remembers every trial. A search that was killed goes on from there to the
    wanted number of trials, and ends with the same answer as one that was not: the sampler of each
    trial is seeded by how many were finished before it.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study, starts = _study(search, journal), _starts(search)
    _fail_what_was_killed(study)
    progress.start(f"{search.name}: search", search.trials)
    deadline = time.monotonic() + 60.0 * (float("inf") if search.minutes is None else search.minutes)
    for finished in range(search.trials):
        if finished >= len(_finished(study)):
            if finished and time.monotonic() > deadline:
                progress.say(f"{search.name}: {search.minutes:g} minutes are over after {finished} trials")
                break
            study.sampler = TPESampler(seed=search.seed + finished)
            _begin_with(study, starts)
            _try_next(study, search)
        progress.step(_note(study, search))
    return _best(study, search)


def _starts(search: Search) -> list[Parameters]:
    """Settings to begin with, within the ranges of the space: the champion's, and then those that are known."""
    probe = optuna.create_study().ask()
    search.settings(probe)
    found: list[Parameters] = []
    for start in (*search.starts, *SPACES[search.recipe.space].known):
        inside = _within(start, probe.distributions)
        if inside and inside not in found:
            found.append(inside)
    return found


def _begin_with(study: optuna.Study, starts: list[Parameters]) -> None:
    """Let the next trial be of the first settings to begin with that were not tried, unless a kill left it waiting."""
    if study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        return
    tried = [trial.params for trial in _finished(study)]
    for start in starts:
        if not any(start.items() <= params.items() for params in tried):
            study.enqueue_trial(start)
            return


def _within(start: Parameters, ranges: Mapping[str, BaseDistribution]) -> Parameters:
    """Those of the settings that have a range, moved into it."""
    found: Parameters = {}
    for name, range_ in ranges.items():
        if isinstance(range_, CategoricalDistribution):
            found |= {name: start[name]} if start.get(name) in range_.choices else {}
        elif isinstance(range_, (FloatDistribution, IntDistribution)) and name in start:
            found[name] = min(max(start[name], range_.low), range_.high)
    return found


def _study(search: Search, journal: Path) -> optuna.Study:
    journal.parent.mkdir(parents=True, exist_ok=True)
    return optuna.create_study(
        study_name=f"{search.name}-{_hash(search)}",
        storage=JournalStorage(JournalFileBackend(str(journal))),
        pruner=MedianPruner(n_startup_trials=_CONSIDERED, n_warmup_steps=0),
        load_if_exists=True,
    )


def _hash(search: Search) -> str:
    """Names the search by its data, columns, folds, seed, bounds and ranges; other ranges are another search."""
    folds = [(fold.start, len(fold.train), len(fold.valid)) for fold in search.folds]
    ranges = SPACES[search.recipe.space].ranges
    regression = None if search.regression is None else search.regression.params
    named = [
        search.identity, search.table.names, folds, search.seed, ranges, dict(search.monotone), search.objective,
        regression, _CONSIDERED, _MOST,
    ]  # fmt: skip
    return sha256(json.dumps(named).encode()).hexdigest()[:16]


def _fail_what_was_killed(study: optuna.Study) -> None:
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def _finished(study: optuna.Study) -> list[Any]:
    return list(study.get_trials(deepcopy=False, states=_FINISHED))


def _try_next(study: optuna.Study, search: Search) -> None:
    trial = study.ask()
    fitting = search.fitting(search.settings(trial), rounds=0)
    attempts: list[Attempt] = []
    for step, rehearsal in enumerate(search.rehearsals):
        attempts.append(rehearsal.attempt(fitting, search.threads))
        trial.report(_mean_loss(attempts), step)
        if step + 1 < len(search.folds) and trial.should_prune():
            study.tell(trial, state=TrialState.PRUNED)
            return
    rounds, loss = best_rounds(attempts)
    trial.set_user_attr("params", fitting.params)
    trial.set_user_attr("rounds", rounds)
    study.tell(trial, loss)


def _mean_loss(attempts: list[Attempt]) -> float:
    return float(np.mean([one.log_loss for one in attempts]))


def _note(study: optuna.Study, search: Search) -> str:
    losses = [trial.value for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]
    return f"best {OBJECTIVES[search.objective].loss} {min(losses):.4f}" if losses else ""


def _best(study: optuna.Study, search: Search) -> Tuned:
    considered = _finished(study)[: search.trials]
    complete = [trial for trial in considered if trial.state == TrialState.COMPLETE]
    ranked = sorted(complete, key=lambda trial: (trial.value, trial.number))[:_CONSIDERED]
    pruned = sum(trial.state == TrialState.PRUNED for trial in considered)
    if search.recipe.form != "forest":
        return Tuned(_fitting(search, ranked[0]), float(ranked[0].value), len(considered), pruned)
    found = _together(study, search, ranked)
    best, *others = (_fitting(search, ranked[member]) for member in found.members)
    trees, regression = best.together(others), search.regression
    fitting = trees.beside([regression]) if regression is not None and found.is_joined else trees
    return Tuned(fitting, found.loss, len(considered), pruned)


def _together(study: optuna.Study, search: Search, ranked: list[FrozenTrial]) -> Ensemble:
    """Those of the best trials that are averaged; found once, and remembered with the trials."""
    name = f"average of {' '.join(str(trial.number) for trial in ranked)}"
    if name not in study.user_attrs:
        margins = [_margins(search, _fitting(search, trial)) for trial in ranked]
        beside = None if search.regression is None else _margins(search, search.regression)
        study.set_user_attr(name, asdict(ensemble_of(margins, search.rehearsals, _MOST, beside)))
    found = study.user_attrs[name]
    return Ensemble(tuple(found["members"]), found["loss"], found["is_joined"])


def _margins(search: Search, fitting: Fitting) -> list[Floats]:
    """What the recipe tells of the later rows of each fold."""
    return [fold.attempt(fitting, search.threads).margins(fitting.rounds) for fold in search.rehearsals]


def _fitting(search: Search, trial: FrozenTrial) -> Fitting:
    return search.fitting(dict(trial.user_attrs["params"]), int(trial.user_attrs["rounds"]))
