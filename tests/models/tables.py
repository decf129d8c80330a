from itertools import pairwise

import numpy as np

from limner.models.folds import Fold
from limner.models.table import Table

N_NUMBERS = 11


def table(rows: int = 1_200, seed: int = 0) -> Table:
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(rows, N_NUMBERS))
    codes = random.integers(0, 4, rows)
    margin = 1.2 * numbers[:, 0] - 0.8 * numbers[:, 1] + 0.6 * (codes == 2) - 0.7
    labels = (random.random(rows) < 1 / (1 + np.exp(-margin))).astype(np.int8)
    vectors = np.column_stack([numbers, codes]).astype(np.float32)
    vectors[random.random(vectors.shape) < 0.05] = np.nan
    names = (*(f"spend_sum_{at}d" for at in range(N_NUMBERS)), "campaign_type")
    return Table(vectors, labels, names, (False,) * N_NUMBERS + (True,))


def forward_folds(rows: int = 1_200, n_folds: int = 2) -> tuple[Fold, ...]:
    edges = np.linspace(0, rows, n_folds + 2).astype(int)[1:].tolist()
    return tuple(Fold(np.arange(start), np.arange(start, end), start) for start, end in pairwise(edges))
