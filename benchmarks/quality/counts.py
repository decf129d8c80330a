"""How often everybody will buy: Limner's tag of a count, stretched, and plain Poisson trees on the same rows.

Both learn to count the purchases of the tag's horizon. How many times that a longer stretch holds is told of each user
by BG/NBD, as it stands beside the tag's model, fitted to the same rows. The trees, which know no such thing, are
stretched alike for all, by as much in all.
"""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from limner.features.dataset import Dataset
from limner.models.bgnbd_scorer import BgnbdScorer
from limner.models.fit import Fitting, fit
from limner.models.table import table_of
from limner.pipeline.workspace import Workspace

from .contest import OWN, Entry, learn, timed
from .present import present

__all__ = ["counted"]

Floats = npt.NDArray[np.float64]
PLAIN: dict[str, Any] = {
    "objective": "poisson", "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 20, "deterministic": True,
    "force_col_wise": True, "num_threads": 1, "verbosity": -1, "seed": 7,
}  # fmt: skip


def counted(workspace: Workspace, tag: str, weeks: int) -> list[Entry]:
    """What the tag, as it is published, and plain trees expect of everybody in so many weeks."""
    learned = learn(workspace, tag)
    dataset, bundle = learned.trained.ground.dataset, learned.trained.bundle
    buying = learned.rules["bgnbd"].fitting
    plans = [bundle.plan, learned.trained.ground.plan(buying), dataset.plan]
    _, (X, history, features) = present(workspace, tag, plans)
    longer = _longer(dataset, buying, history, weeks)
    own = bundle.calibration.told(bundle.scorer.margin(X))["expected"] * longer
    plain, seconds = timed(lambda: _plain(dataset, features))
    told = f"by BG/NBD {weeks} weeks hold {longer.min():.2f} to {longer.max():.2f} times a horizon"
    about = f"{learned.about}; {told}, {longer.mean():.2f} on average"
    alike = float(plain @ longer / plain.sum())
    stretched = Entry("plain lightgbm", plain * alike, seconds, f"Poisson, times {alike:.2f} for all")
    return [Entry(OWN, own, learned.seconds, about), stretched]


def _plain(dataset: Dataset, vectors: npt.NDArray[np.float32]) -> Floats:
    booster = lgb.train(PLAIN, lgb.Dataset(dataset.vectors, dataset.amounts), 100)
    return np.asarray(booster.predict(vectors), np.float64)


def _longer(dataset: Dataset, buying: Fitting, vectors: npt.NDArray[np.float32], weeks: int) -> Floats:
    """How many times what BG/NBD, fitted to all rows, expects of the horizon it expects of so many weeks, `(n,)`."""
    scorer = fit(buying, table_of(dataset, buying.source, buying.names))
    if not isinstance(scorer, BgnbdScorer):
        raise TypeError(f"the rule is a {type(scorer).__name__}, not BG/NBD")
    found: Floats = np.exp(scorer.over(7.0 * weeks).margin(vectors) - scorer.margin(vectors))
    return found
