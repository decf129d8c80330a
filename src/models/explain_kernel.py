"""The strongest groups of each row in machine code, and who speaks for them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..features.kernel_cache import lean

__all__ = ["strongest"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@lean
def strongest(parts: Floats, groups: Index, sums: Floats, kept: Floats, features: Index, moved: Floats) -> None:
    """Find the groups with the largest sums; of equal groups, as of equal features, the first.

    Args:
        parts: what each feature adds, `(n_rows, at least n_features)`.
        groups: the number of each feature's group, `(n_features,)`.
        sums: room for the sum of each group, `(n_groups,)`.
        kept: filled with the largest sums, the largest first, `(n_rows, at most n_groups)`.
        features: filled with the feature of each kept group that pulls hardest to the side of its sum.
        moved: filled with the sizes of all sums together, `(n_rows,)`.
    """
    for row in range(len(kept)):
        for group in range(len(sums)):
            sums[group] = 0.0
        for feature in range(len(groups)):
            sums[groups[feature]] += parts[row, feature]
        moved[row] = 0.0
        for group in range(len(sums)):
            moved[row] += abs(sums[group])
        for rank in range(kept.shape[1]):
            best = 0
            for group in range(len(sums)):
                if abs(sums[group]) > abs(sums[best]) or np.isnan(sums[best]):
                    best = group
            kept[row, rank] = sums[best]
            side, hardest = np.sign(sums[best]), -np.inf
            for feature in range(len(groups)):
                if groups[feature] == best and parts[row, feature] * side > hardest:
                    features[row, rank], hardest = feature, parts[row, feature] * side
            sums[best] = np.nan  # it is told
