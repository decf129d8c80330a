"""The search for settings: seeded, forward in time, and able to go on where it was killed.

The objective is log-loss on forward folds. It is proper, it moves with every row, and it is what the
trees minimise; average precision over a few dozen positives jumps with single people, and a search
that follows it picks luck. What is published is still judged by average precision.

The budget is a number of trials, so that the same search gives the same answer anywhere. Minutes may
end it sooner, where an answer in time counts for more than the same answer again.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from ..progress import Progress
from .fit import Attempt, Fitting, Parameters, attempt
from .folds import Fold
from .ladder import Recipe, SpaceName
from .objectives import OBJECTIVES
from .table import Table

__all__ = ["Search", "Tuned", "tune"]

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Search:
    """What is searched on what: `identity` names the data, so that only the same search is ever continued.

    It begins with the settings `start`, where there are any; after `minutes` no other trial begins. `monotone` binds
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
    start: Parameters = field(default_factory=dict)
    minutes: float | None = None
    monotone: Mapping[str, int] = field(default_factory=dict)
    objective: str = "binary"

    def settings(self, trial: optuna.Trial) -> Parameters:
        """Settings drawn from the space of the recipe."""
        asked = _SPACES[self.recipe.space](trial)
        if self.objective == "binary":
            return asked
        asked["objective"] = self.objective
        if self.recipe.form == "forest":
            asked["learning_rate"] = 0.1
        if self.recipe.form == "forest" and self.objective == "tweedie":
            asked["tweedie_variance_power"] = trial.suggest_float("tweedie_variance_power", 1.1, 1.8)
        return asked


@dataclass(frozen=True)
class Tuned:
    """The best settings found, their rounds the mean of the best of each fold, and their mean log-loss."""

    fitting: Fitting
    log_loss: float
    trials: int
    pruned: int


def tune(search: Search, journal: Path, progress: Progress) -> Tuned:
    """The settings with the lowest mean log-loss on the forward folds.

    The journal, a file, remembers every trial. A search that was killed goes on from there to the
    wanted number of trials, and ends with the same answer as one that was not: the sampler of each
    trial is seeded by how many were finished before it.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = _study(search, journal)
    _fail_what_was_killed(study)
    progress.start(f"{search.name}: search", search.trials)
    deadline = time.monotonic() + 60.0 * (float("inf") if search.minutes is None else search.minutes)
    for finished in range(search.trials):
        if finished >= len(_finished(study)):
            if finished and time.monotonic() > deadline:
                progress.say(f"{search.name}: {search.minutes:g} minutes are over after {finished} trials")
                break
            study.sampler = TPESampler(seed=search.seed + finished)
            if not finished and search.start:
                study.enqueue_trial(_within(search))
            _try_next(study, search)
        progress.step(_note(study, search))
    return _best(study, search)


def _linear(trial: optuna.Trial) -> Parameters:
    return {
        "strength": trial.suggest_float("strength", 1e-3, 10.0, log=True),
        "is_log": trial.suggest_categorical("is_log", [True, False]),
    }


def _shallow(trial: optuna.Trial) -> Parameters:
    return {
        "learning_rate": 0.05,
        "max_depth": trial.suggest_int("max_depth", 2, 4),
        "num_leaves": trial.suggest_int("num_leaves", 3, 12),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 200, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 1.0, 100.0, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.3, 0.9),
        "extra_trees": trial.suggest_categorical("extra_trees", [True, False]),
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "cat_smooth": 50.0,
    }


def _wide(trial: optuna.Trial) -> Parameters:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.15, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 64, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 500, log=True),
        "lambda_l1": trial.suggest_float("lambda_l1", 1e-3, 10.0, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 1e-2, 100.0, log=True),
        "min_gain_to_split": trial.suggest_float("min_gain_to_split", 0.0, 1.0),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.3, 1.0),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
        "bagging_freq": 1,
        "cat_smooth": trial.suggest_float("cat_smooth", 5.0, 100.0, log=True),
    }


_SPACES: dict[SpaceName, Callable[[optuna.Trial], Parameters]] = {
    "linear": _linear,
    "shallow": _shallow,
    "wide": _wide,
}


def _within(search: Search) -> Parameters:
    """Those of the settings to start with that the space knows, within its ranges."""
    start, probe = search.start, optuna.create_study().ask()
    search.settings(probe)
    found: Parameters = {}
    for name, range_ in probe.distributions.items():
        if isinstance(range_, CategoricalDistribution):
            found |= {name: start[name]} if start.get(name) in range_.choices else {}
        elif name in start:
            found[name] = min(max(start[name], range_.low), range_.high)
    return found


def _study(search: Search, journal: Path) -> optuna.Study:
    journal.parent.mkdir(parents=True, exist_ok=True)
    return optuna.create_study(
        study_name=f"{search.name}-{_hash(search)}",
        storage=JournalStorage(JournalFileBackend(str(journal))),
        pruner=MedianPruner(n_startup_trials=5, n_warmup_steps=0),
        load_if_exists=True,
    )


def _hash(search: Search) -> str:
    """Names the search by its data, folds, seed, bounds and ranges; other ranges are another search."""
    folds = [(fold.start, len(fold.train), len(fold.valid)) for fold in search.folds]
    ranges = inspect.getsource(_SPACES[search.recipe.space])
    named = [search.identity, folds, search.seed, ranges, dict(search.monotone), search.objective]
    return sha256(json.dumps(named).encode()).hexdigest()[:16]


def _fail_what_was_killed(study: optuna.Study) -> None:
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def _finished(study: optuna.Study) -> list[Any]:
    return list(study.get_trials(deepcopy=False, states=_FINISHED))


def _try_next(study: optuna.Study, search: Search) -> None:
    trial = study.ask()
    fitting = _fitting(search, search.settings(trial), rounds=0)
    attempts: list[Attempt] = []
    for step, fold in enumerate(search.folds):
        done = attempt(search.table.at(fold.train), search.table.at(fold.valid), fitting, search.threads)
        attempts.append(done)
        trial.report(_mean_loss(attempts), step)
        if step + 1 < len(search.folds) and trial.should_prune():
            study.tell(trial, state=TrialState.PRUNED)
            return
    trial.set_user_attr("params", fitting.params)
    trial.set_user_attr("rounds", round(float(np.mean([one.rounds for one in attempts]))))
    study.tell(trial, _mean_loss(attempts))


def _mean_loss(attempts: list[Attempt]) -> float:
    return float(np.mean([one.log_loss for one in attempts]))


def _note(study: optuna.Study, search: Search) -> str:
    losses = [trial.value for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]
    return f"best {OBJECTIVES[search.objective].loss} {min(losses):.4f}" if losses else ""


def _best(study: optuna.Study, search: Search) -> Tuned:
    considered = _finished(study)[: search.trials]
    complete = [trial for trial in considered if trial.state == TrialState.COMPLETE]
    best = min(complete, key=lambda trial: (trial.value, trial.number))
    pruned = sum(trial.state == TrialState.PRUNED for trial in considered)
    fitting = _fitting(search, dict(best.user_attrs["params"]), int(best.user_attrs["rounds"]))
    return Tuned(fitting, float(best.value), len(considered), pruned)


def _fitting(search: Search, params: Parameters, rounds: int) -> Fitting:
    bound = {"monotone": dict(search.monotone)} if search.monotone and search.recipe.form == "forest" else {}
    return Fitting(search.recipe.form, "features", search.table.names, {**params, **bound}, rounds, search.seed)
