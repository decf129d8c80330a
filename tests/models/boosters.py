from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

CATEGORY = 3
QUIET = {
    "objective": "binary",
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "min_data_per_group": 5,
    "cat_smooth": 1.0,
}


@dataclass(frozen=True)
class Shape:
    seed: int = 0
    rows: int = 300
    features: int = 6
    codes: int = 70
    leaves: int = 8
    rounds: int = 20
    depth: int = -1
    zero_as_missing: bool = False
    use_missing: bool = True
    bagging: float = 1.0


def vectors(shape: Shape) -> Matrix:
    random = np.random.default_rng(shape.seed)
    X = random.normal(size=(shape.rows, shape.features)).astype(np.float32)
    X[:, CATEGORY] = random.integers(0, shape.codes, shape.rows)
    X[random.random(X.shape) < 0.1] = np.nan
    X[:, 2][random.random(shape.rows) < 0.3] = 0.0
    return X


def odd_vectors(shape: Shape) -> Matrix:
    random = np.random.default_rng(shape.seed + 1)
    X = vectors(shape)
    odd = np.array(
        [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-35, 2e-35, -0.5, -1.0, 31, 32, 2**31], np.float32
    )
    chosen = random.random(X.shape) < 0.3
    X[chosen] = random.choice(odd, int(chosen.sum()))
    return X


def labels(shape: Shape, X: Matrix) -> npt.NDArray[np.int8]:
    noise = np.random.default_rng(shape.seed + 2).normal(size=shape.rows)
    filled = np.nan_to_num(X)
    return (filled[:, 0] + filled[:, CATEGORY] % 2 + filled[:, 1] * filled[:, 2] + noise > 0.8).astype(np.int8)


def train(shape: Shape) -> Any:
    import lightgbm as lgb

    X = vectors(shape)
    settings = {
        **QUIET,
        "num_leaves": shape.leaves,
        "max_depth": shape.depth,
        "min_data_in_leaf": 3,
        "zero_as_missing": shape.zero_as_missing,
        "use_missing": shape.use_missing,
        "bagging_fraction": shape.bagging,
        "bagging_freq": int(shape.bagging < 1),
        "seed": shape.seed,
    }
    rows = lgb.Dataset(X, labels(shape, X), categorical_feature=[CATEGORY])
    return lgb.train(settings, rows, shape.rounds)


def text(shape: Shape = Shape()) -> str:
    return str(train(shape).model_to_string())
