"""Which features come out differently, to the bit, and in how many rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .finding import counted, listed

__all__ = ["Differences"]

Floats = npt.NDArray[np.float32]


@dataclass
class Differences:
    """What two computations of the same rows disagree about: rows in all, and how many of them by feature."""

    rows: int = 0
    features: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return self.rows > 0

    def add(self, names: Sequence[str], one: Floats, other: Floats) -> None:
        """Compare the vectors `(n_rows, n_features)` of the same rows, of features with these names."""
        differs = one.view(np.uint32) != other.view(np.uint32)
        self.rows += int(differs.any(axis=1).sum())
        self.features.update(
            {name: int(count) for name, count in zip(names, differs.sum(axis=0), strict=True) if count}
        )

    def __str__(self) -> str:
        most = [f"{name} ({counted(count, 'row')})" for name, count in self.features.most_common()]
        return listed(most)
