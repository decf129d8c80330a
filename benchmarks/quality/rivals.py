"""What people would use instead, on the rows and features of the contest."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import lightgbm as lgb
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from .contest import Contest, Entry, timed
from .world import WORK

__all__ = ["NOT_INSTALLED", "Fallen", "environment", "logistic", "plain_lightgbm", "rivals_of"]

PYTHON = Path("data/benchmarks/quality-venv/bin/python")
SCRIPT = Path(__file__).with_name("automl.py")
NOT_INSTALLED = "not installed: `make bench-quality` makes its environment"
PATIENCE = 6
"""How many times its budget a rival may take on a busy machine before it is stopped."""


@dataclass(frozen=True)
class Fallen:
    """A rival that did not run, and why, in a sentence."""

    system: str
    reason: str


def rivals_of(contest: Contest, budget: int) -> list[Entry | Fallen]:
    """All of them, those that search by themselves for so many seconds each; without these where it is 0."""
    searching = [_automatic(system, contest, budget) for system in ("autogluon", "flaml") if budget]
    return [logistic(contest), plain_lightgbm(contest), *searching]


def environment() -> dict[str, str]:
    """That of a rival's own Python: one thread, one order of hashes, and nothing of Limner."""
    threads = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | threads


def plain_lightgbm(contest: Contest) -> Entry:
    """LightGBM as it comes: a hundred trees of 31 leaves, nothing tuned, one thread."""
    settings = {"n_jobs": 1, "random_state": 7, "verbose": -1, "deterministic": True, "force_col_wise": True}
    past = contest.past
    categories = list(past.categories) or "auto"

    def work() -> np.ndarray:
        chooser = lgb.LGBMClassifier(**settings).fit(past.vectors, past.labels, categorical_feature=categories)
        return np.asarray(chooser.predict_proba(contest.vectors))[:, 1]

    return Entry("plain lightgbm", *timed(work))


def logistic(contest: Contest) -> Entry:
    """Logistic regression on logarithms of numbers, told apart where they are missing, and on each category."""
    past, categories = contest.past, list(contest.past.categories)
    numbers = [place for place, is_category in enumerate(past.is_category) if not is_category]
    scaled = make_pipeline(
        FunctionTransformer(lambda X: np.sign(X) * np.log1p(np.abs(X))),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    columns = [("numbers", scaled, numbers), ("categories", OneHotEncoder(handle_unknown="ignore"), categories)]
    chooser = make_pipeline(ColumnTransformer(columns), LogisticRegression(C=1.0, max_iter=2_000))

    def work() -> np.ndarray:
        fitted = chooser.fit(past.vectors.astype(np.float64), past.labels)
        return np.asarray(fitted.predict_proba(contest.vectors.astype(np.float64)))[:, 1]

    return Entry("logistic regression", *timed(work))


def _automatic(system: str, contest: Contest, budget: int) -> Entry | Fallen:
    """AutoGluon's or FLAML's scores after so many seconds, or why there are none.

    The scores are kept beside the rows, and read again where the rows, the budget and the rival are the same.
    """
    if not PYTHON.exists():
        return Fallen(system, NOT_INSTALLED)
    folder = _written(contest, budget)
    found = folder / f"{system}.npz"
    if not found.exists():
        reason = _run(system, folder, budget)
        if reason:
            return Fallen(system, reason)
    kept = np.load(found)
    return Entry(system, kept["scores"], float(kept["seconds"]), f"{budget} s by the clock")


def _written(contest: Contest, budget: int) -> Path:
    """A folder with the rows, named by their content."""
    digest = sha256(f"{budget} {SCRIPT.read_text()}".encode())
    for column in (contest.past.vectors, contest.past.labels, contest.vectors):
        digest.update(np.ascontiguousarray(column).tobytes())
    folder = WORK / "contests" / digest.hexdigest()[:16]
    if not (folder / "rows.npz").exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(
            folder / "rows.npz",
            past=contest.past.vectors,
            labels=contest.past.labels,
            future=contest.vectors,
            categories=np.array(contest.past.categories, np.int64),
        )
    return folder


def _run(system: str, folder: Path, budget: int) -> str:
    """Nothing when the rival left its scores, else why it did not."""
    command = [str(PYTHON.absolute()), "-W", "ignore", str(SCRIPT), system, str(folder.absolute()), str(budget)]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE * budget,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"not done after {PATIENCE} times its budget of {budget} s"
    return (done.stderr.strip().splitlines() or ["it stopped"])[-1] if done.returncode else ""
