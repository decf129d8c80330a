"""Rows and models made up for the benchmark: counts, sums, recencies, shares and categories, much of it missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

N_FEATURES = 155
CATEGORIES = tuple(range(7, N_FEATURES, 25))
GROUPS = np.arange(N_FEATURES) // 4
"""Four windows of one signal are one group of reasons."""

Matrix = npt.NDArray[np.float32]

_TRAINED_ON = 40_000
_AT_ONCE = 50_000


@dataclass(frozen=True)
class Size:
    """How large a model is; `depth` is -1 where it is not limited."""

    rounds: int
    leaves: int
    depth: int
    has_categories: bool


SIZES: Mapping[str, Size] = {
    "depth 6, 500 x 31": Size(500, 31, 6, has_categories=False),
    "any depth with categories, 500 x 31": Size(500, 31, -1, has_categories=True),
    "depth 3, 200 x 8": Size(200, 8, 3, has_categories=True),
    "any depth with categories, 1000 x 63": Size(1_000, 63, -1, has_categories=True),
}


def write_rows(path: Path, n_rows: int) -> None:
    """Write that many rows, part by part."""
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n_rows, N_FEATURES))
    for start in range(0, n_rows, _AT_ONCE):
        end = min(start + _AT_ONCE, n_rows)
        rows[start:end] = made_up(end - start, seed=1 + start)
    rows.flush()


def write_model(path: Path, size: Size) -> None:
    """Write the text of a model of that size, trained by LightGBM."""
    import lightgbm as lgb

    X = made_up(_TRAINED_ON, seed=0)
    settings = {
        "objective": "binary",
        "num_leaves": size.leaves,
        "max_depth": size.depth,
        "learning_rate": 0.05,
        "feature_fraction": 0.6,
        "min_data_in_leaf": 20,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 2,
        "verbosity": -1,
    }
    categories = list(CATEGORIES) if size.has_categories else []
    booster = lgb.train(settings, lgb.Dataset(X, _outcomes(X), categorical_feature=categories), size.rounds)
    path.write_text(booster.model_to_string())


def made_up(n_rows: int, seed: int) -> Matrix:
    """Rows of `N_FEATURES` columns."""
    random = np.random.default_rng(seed)
    X = np.empty((n_rows, N_FEATURES), np.float32)
    for feature in range(N_FEATURES):
        normal = random.normal(size=n_rows)
        kinds = (
            np.floor(np.exp(normal + 1)),
            np.exp(1.5 * normal),
            np.where(random.random(n_rows) < 0.3, np.nan, np.exp(normal + 2)),
            np.where(random.random(n_rows) < 0.4, 0.0, random.random(n_rows)),
            np.where(random.random(n_rows) < 0.1, np.nan, normal),
        )
        X[:, feature] = kinds[feature % len(kinds)]
    for feature in CATEGORIES:
        X[:, feature] = np.minimum(random.geometric(0.1, n_rows), 40)
    return X


def _outcomes(X: Matrix) -> npt.NDArray[np.int8]:
    random = np.random.default_rng(99)
    filled = np.nan_to_num(X)
    standard = (filled - filled.mean(axis=0)) / filled.std(axis=0)
    score = np.sin(1.7 * filled[:, list(CATEGORIES)]).sum(axis=1)
    for _ in range(60):
        first, second = random.integers(0, N_FEATURES, 2)
        score += np.tanh(standard[:, first]) * (0.5 * random.normal() + random.normal() * (standard[:, second] > 0))
    return np.asarray(score / score.std() + random.normal(size=len(X)) > 0.8, np.int8)
