"""Run by the rivals' own Python: learns from a folder's rows for so many seconds, and leaves its scores there.

It imports nothing of this project, whose libraries AutoGluon does not live with.

Example: python automl.py flaml data/benchmarks/quality/contests/abc 60
"""

from __future__ import annotations

import resource
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SEED = 7


def frame(X: Any, categories: list[int]) -> pd.DataFrame:
    """The rows as a table whose categories are marked."""
    table = pd.DataFrame(X, columns=[f"f{place}" for place in range(X.shape[1])])
    return table.astype({f"f{place}": "category" for place in categories})


def autogluon(past: pd.DataFrame, labels: Any, future: pd.DataFrame, seconds: int) -> Any:
    """Scores by AutoGluon's best preset, whose learners are fitted one after the other in one thread."""
    from autogluon.tabular import TabularPredictor  # type: ignore[import-not-found]

    folder = Path("autogluon")
    predictor = TabularPredictor(
        label="label",
        problem_type="binary",
        eval_metric="roc_auc",
        path=str(folder),
        verbosity=0,
    )
    predictor.fit(
        past.assign(label=labels),
        time_limit=seconds,
        presets="best_quality",
        dynamic_stacking=False,
        num_cpus=1,
        num_gpus=0,
        ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},
    )
    scores = predictor.predict_proba(future)[1]
    shutil.rmtree(folder)
    return scores


def flaml(past: pd.DataFrame, labels: Any, future: pd.DataFrame, seconds: int) -> Any:
    """Scores by FLAML, in one thread."""
    from flaml import AutoML  # type: ignore[import-not-found]

    learner = AutoML()
    learner.fit(
        past, labels, task="classification", metric="roc_auc", time_budget=seconds, n_jobs=1, seed=SEED, verbose=0
    )
    return learner.predict_proba(future)[:, 1]


SYSTEMS = {"autogluon": autogluon, "flaml": flaml}


def main() -> None:
    """Learn and score."""
    system, folder, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    rows = np.load(folder / "rows.npz")
    categories = rows["categories"].tolist()
    past, future = (frame(rows[name], categories) for name in ("past", "future"))
    scores = SYSTEMS[system](past, rows["labels"], future, seconds)
    used = resource.getrusage(resource.RUSAGE_SELF)
    np.savez(folder / f"{system}.npz", scores=np.asarray(scores, float), seconds=used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    main()
