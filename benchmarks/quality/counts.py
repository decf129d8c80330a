"""How often everybody will buy: Poisson trees on Limner's features, for the product has no tag of numbers yet.

They learn to count the purchases of the tag's horizon. What a longer stretch holds of that is told from how the
counts of the newest two horizons that follow on each other, both known, have fallen.
"""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from limner.engines.duck import connect
from limner.events.log import EventLog
from limner.features.dataset import Dataset
from limner.pipeline.workspace import Workspace

from .contest import OWN, Contest, Entry, Learned, timed

__all__ = ["counted"]

Floats = npt.NDArray[np.float64]
WEEK = 7 * 86_400
SETTINGS: dict[str, Any] = {
    "objective": "poisson", "metric": "poisson", "learning_rate": 0.05, "num_leaves": 8, "min_data_in_leaf": 200,
    "lambda_l2": 10.0, "feature_fraction": 0.5, "deterministic": True, "force_col_wise": True, "num_threads": 1,
    "verbosity": -1, "seed": 7,
}  # fmt: skip
PLAIN = {
    **SETTINGS,
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 20,
    "lambda_l2": 0.0,
    "feature_fraction": 1.0,
}

COUNTS = """
    SELECT count(event_time) FROM asked LEFT JOIN ({events}) ON user_id = customer
        AND epoch(event_time) >= start AND epoch(event_time) < start + {seconds}
    GROUP BY number ORDER BY number
"""


def counted(workspace: Workspace, learned: Learned, contest: Contest, weeks: int) -> list[Entry]:
    """What the trees expect of everybody in so many weeks, with settings fit for few people and untuned."""
    ground = learned.trained.ground
    log, dataset = EventLog.open(workspace.store), ground.dataset
    horizon = int(dataset.label_ends[0] - dataset.cutoffs[0])
    counts = _counts(log, dataset.users, dataset.cutoffs, horizon)
    longer = _longer(log, dataset, horizon, weeks * WEEK)

    def careful() -> Floats:
        rounds = [_rounds(dataset, counts, fold.train, fold.valid) for fold in ground.split.folds]
        return _scores(SETTINGS, dataset, counts, round(float(np.mean(rounds))), contest)

    own, seconds = timed(careful)
    plain, plain_seconds = timed(lambda: _scores(PLAIN, dataset, counts, 100, contest))
    about = f"Poisson trees, not a tag; {weeks} weeks are taken for {longer:.2f} times a horizon"
    return [Entry(OWN, own * longer, seconds, about), Entry("plain lightgbm", plain * longer, plain_seconds, "Poisson")]


def _rounds(dataset: Dataset, counts: Floats, train: Any, valid: Any) -> int:
    rows = lgb.Dataset(dataset.vectors[train], counts[train])
    later = lgb.Dataset(dataset.vectors[valid], counts[valid], reference=rows)
    stop = lgb.early_stopping(30, verbose=False)
    return int(lgb.train(SETTINGS, rows, 400, valid_sets=[later], callbacks=[stop]).best_iteration)


def _scores(settings: dict[str, Any], dataset: Dataset, counts: Floats, rounds: int, contest: Contest) -> Floats:
    booster = lgb.train(settings, lgb.Dataset(dataset.vectors, counts), rounds)
    return np.asarray(booster.predict(contest.vectors), np.float64)


def _longer(log: EventLog, dataset: Dataset, horizon: int, wanted: int) -> float:
    """How many times the purchases of one horizon a longer stretch holds, where each next one falls like the last."""
    users = np.unique(dataset.users)
    newest = int(dataset.cutoffs.max())
    before, after = (_counts(log, users, np.full(len(users), at), horizon).sum() for at in (newest - horizon, newest))
    fallen = after / before
    whole, rest = divmod(wanted, horizon)
    return float(sum(fallen**n for n in range(whole)) + fallen**whole * rest / horizon)


def _counts(log: EventLog, users: npt.NDArray[np.object_], starts: npt.NDArray[np.int64], seconds: int) -> Floats:
    asked = {"number": np.arange(len(users)), "customer": pa.array(users, pa.string()), "start": starts}
    with connect() as con:
        con.register("asked", pa.table(asked))
        told = con.execute(COUNTS.format(events=log.events_sql(), seconds=seconds)).fetchall()
    return np.array(told, np.float64)[:, 0]
