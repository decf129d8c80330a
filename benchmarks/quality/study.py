"""What helps: one thing changed at a time, forward in time and on the test, beside how far seeds alone differ.

The settings of trees are fixed, so that nothing but the change is seen. Log-loss is measured after one common shift of
each stretch, for levels are the calibration's business. A change is worth having where it helps on the forward folds;
the test only confirms.

Example: python -m benchmarks.quality.study --seeds 2
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from limner.features.dataset import Dataset
from limner.features.plan import Feature
from limner.models.fit import Fitting, Parameters, fit
from limner.models.folds import Split
from limner.models.logistic import log_losses
from limner.models.metrics import Ranking
from limner.models.season import season_of
from limner.models.table import Table, table_of
from limner.timeline import DAY

from . import coil, journey, retail
from .contest import prepared

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

RESULTS = Path(__file__).parent.parent / "results" / "quality-study.md"
MOST_ROUNDS, PATIENCE = 600, 40
FIXED: Parameters = {
    "objective": "binary", "learning_rate": 0.05, "num_leaves": 7, "max_depth": 3, "min_data_in_leaf": 60,
    "lambda_l2": 20.0, "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "cat_smooth": 50.0,
    "deterministic": True, "force_col_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """A tag's rows, and how they are divided by time."""

    name: str
    dataset: Dataset
    split: Split

    def table(self, way: Way) -> Table:
        """The columns that the way reads."""
        names = [one.name for one in self.dataset.plan.features if way.reads(one)]
        return table_of(self.dataset, "features", names)


@dataclass(frozen=True)
class Way:
    """One thing done otherwise: settings, which rows and columns are read, how rows are weighted, how many seeds.

    `rows` takes cutoffs (n,) and says which are learned from; `weights` takes their age in days.
    """

    name: str
    params: Parameters = field(default_factory=dict)
    rows: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]] = lambda cutoffs: np.ones(len(cutoffs), np.bool_)
    reads: Callable[[Feature], bool] = lambda feature: True
    weights: Callable[[Floats], Floats] | None = None
    seeds: int = 1
    strength: float | None = None


@dataclass(frozen=True)
class Found:
    """Log-loss on the forward folds and on the test, and average precision there."""

    forward: float
    test: float
    precision: float
    forward_precision: float


def _newest_half(cutoffs: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return cutoffs >= np.median(np.unique(cutoffs))


def _every_second(cutoffs: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return np.isin(cutoffs, np.unique(cutoffs)[::-1][::2])


def _halving(days: float) -> Callable[[Floats], Floats]:
    return lambda age: 0.5 ** (age / days)


WAYS = (
    Way("as it is"),
    Way("old cutoffs weigh half after 90 days", weights=_halving(90)),
    Way("old cutoffs weigh half after 180 days", weights=_halving(180)),
    Way("the newest half of the cutoffs", rows=_newest_half),
    Way("every second cutoff", rows=_every_second),
    Way("the longest window left out", reads=lambda one: max(one.windows, default=0) < 180 * DAY),
    Way("the shortest windows left out", reads=lambda one: not one.windows or min(one.windows) > 30 * DAY),
    Way("no categories", reads=lambda one: not one.is_category),
    Way("five seeds averaged", seeds=5),
    Way("a learning rate of 0.02", {"learning_rate": 0.02}),
    Way("random splits (extra trees)", {"extra_trees": True}),
    Way("logistic regression on logarithms", strength=0.01),
)


def tasks(part: float) -> Iterator[Task]:
    """The tags, the last and largest with that part of its users to learn from."""
    yield Task("CoIL: caravan", *prepared(coil.opened(), "caravan"))
    workspace = journey.opened()
    for tag, (test_start, _) in journey.TASKS.items():
        yield Task(f"journey: {tag}", *prepared(workspace, tag, test_start))
    yield _of_some(Task("retail: purchase_90d", *prepared(retail.opened(), "purchase_90d")), part)


def _of_some(task: Task, part: float) -> Task:
    """The task with some of its users in training and in folds; the test stays whole."""
    users = np.unique(task.dataset.users)
    kept = np.random.default_rng(7).choice(users, round(part * len(users)), replace=False)
    is_kept = np.isin(task.dataset.users, kept)
    folds = tuple(replace(one, train=one.train[is_kept[one.train]]) for one in task.split.folds)
    return replace(task, split=replace(task.split, train=task.split.train[is_kept[task.split.train]], folds=folds))


def found(task: Task, way: Way, seed: int) -> Found:
    """How the way does with a seed."""
    labels, losses, precisions, rounds = task.dataset.labels, [], [], []
    for fold in task.split.folds:
        margins, best = _scores(task, way, fold.train, fold.valid, seed, None)
        rounds.append(best)
        losses.append(_levelled(margins, labels[fold.valid]))
        precisions.append(_precision(margins, labels[fold.valid]))
    test = task.split.test
    margins, _ = _scores(task, way, task.split.train, test, seed, round(float(np.mean(rounds))))
    told = _levelled(margins, labels[test]), _precision(margins, labels[test])
    return Found(float(np.mean(losses)), *told, float(np.mean(precisions)))


def _scores(task: Task, way: Way, train: Index, later: Index, seed: int, rounds: int | None) -> tuple[Floats, int]:
    """Margins of the later rows, and the rounds of each forest: those that do best there where none are given."""
    table, cutoffs = task.table(way), task.dataset.cutoffs
    rows = train[way.rows(cutoffs[train])]
    if way.strength is not None:
        params = {"strength": way.strength, "is_log": True}
        fitting = Fitting("linear", "features", table.names, params, 0, seed)
        return fit(fitting, table.at(rows)).margin(table.vectors[later]), 0
    ages = (cutoffs[train].max() - cutoffs[rows]) / DAY
    weights = None if way.weights is None else way.weights(ages)
    pairs = [
        _forest(table.at(rows), table.at(later), weights, {**FIXED, **way.params, "seed": 100 * seed + at}, rounds)
        for at in range(way.seeds)
    ]
    return np.mean([margins for margins, _ in pairs], axis=0), round(float(np.mean([best for _, best in pairs])))


def _forest(
    train: Table, later: Table, weights: Floats | None, params: dict[str, Any], rounds: int | None
) -> tuple[Floats, int]:
    data = lgb.Dataset(train.vectors, train.labels, weight=weights, categorical_feature=list(train.categories))
    if rounds is not None:
        booster = lgb.train(params, data, rounds)
    else:
        judged = lgb.Dataset(later.vectors, later.labels, reference=data)
        stop = lgb.early_stopping(PATIENCE, verbose=False)
        booster = lgb.train(params, data, MOST_ROUNDS, valid_sets=[judged], callbacks=[stop])
    best = rounds or int(booster.best_iteration)
    return np.asarray(booster.predict(later.vectors, raw_score=True, num_iteration=best)), best


def _levelled(margins: Floats, labels: npt.NDArray[np.int8]) -> float:
    """The log-loss after the common shift that suits the rows best."""
    ((_, shift),) = season_of(margins, labels, np.zeros(len(labels), np.int64))
    return float(log_losses(margins + shift, labels.astype(np.float64)).mean())


def _precision(margins: Floats, labels: npt.NDArray[np.int8]) -> float:
    return Ranking.of(margins, labels).curve(np.ones(len(labels))).average_precision()


def lines(task: Task, seeds: int) -> Iterator[str]:
    """The task's table: what each way changes against the first, in percent, and the spread of the first over seeds."""
    yield f"\n## {task.name}\n"
    yield "| what | forward log-loss | test log-loss | forward average precision | test average precision |"
    yield "|---|---:|---:|---:|---:|"
    first = None
    for way in WAYS:
        numbers = np.array([_numbers(found(task, way, seed)) for seed in range(seeds)])
        mean = numbers.mean(axis=0)
        if first is None:
            first = mean
            told = [f"{one:.4f} ± {spread:.4f}" for one, spread in zip(mean, numbers.std(axis=0), strict=True)]
        else:
            told = [f"{change:+.1%}" for change in mean / first - 1.0]
        yield f"| {way.name} | {' | '.join(told)} |"


def _numbers(one: Found) -> tuple[float, ...]:
    return one.forward, one.test, one.forward_precision, one.precision


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="over which each change is averaged")
    parser.add_argument("--part", type=float, default=0.3, help="of the users of Online Retail II who are learned from")
    asked = parser.parse_args()
    text = "# What helps, one change at a time\n\nIn percent of the first row; for log-loss less is better.\n"
    for task in tasks(asked.part):
        for line in lines(task, asked.seeds):
            print(line, flush=True)
            text += f"{line}\n"
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
