"""How often everybody will buy: Limner's tag of a count, stretched, and plain Poisson trees on the same rows.

Both learn to count the purchases of the tag's horizon. What a longer stretch holds of that is told from how the
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

from .contest import OWN, Contest, Entry, learn, timed
from .present import present

__all__ = ["counted"]

Floats = npt.NDArray[np.float64]
WEEK = 7 * 86_400
PLAIN: dict[str, Any] = {
    "objective": "poisson", "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 20, "deterministic": True,
    "force_col_wise": True, "num_threads": 1, "verbosity": -1, "seed": 7,
}  # fmt: skip

COUNTS = """
    SELECT count(event_time) FROM asked LEFT JOIN ({events}) ON user_id = customer
        AND epoch(event_time) >= start AND epoch(event_time) < start + {seconds}
    GROUP BY number ORDER BY number
"""


def counted(workspace: Workspace, tag: str, contest: Contest, weeks: int) -> list[Entry]:
    """What the tag, as it is published, and plain trees expect of everybody in so many weeks."""
    learned = learn(workspace, tag)
    trained, log = learned.trained, EventLog.open(workspace.store)
    dataset, bundle = trained.ground.dataset, trained.bundle
    _, (X,) = present(workspace, tag, [bundle.plan])
    longer = _longer(log, dataset, int(dataset.label_ends[0] - dataset.cutoffs[0]), weeks * WEEK)
    own = bundle.calibration.told(bundle.scorer.margin(X))["expected"] * longer
    plain, seconds = timed(lambda: _plain(dataset, contest))
    about = f"{learned.about}; {weeks} weeks are taken for {longer:.2f} times a horizon"
    return [Entry(OWN, own, learned.seconds, about), Entry("plain lightgbm", plain * longer, seconds, "Poisson")]


def _plain(dataset: Dataset, contest: Contest) -> Floats:
    booster = lgb.train(PLAIN, lgb.Dataset(dataset.vectors, dataset.amounts), 100)
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
