"""Where instants fall in sorted stretches of time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .kernel_cache import compiled

__all__ = ["first_from"]

Ints = npt.NDArray[np.int64]


@compiled
def first_from(times: Ints, lows: Ints, highs: Ints, instants: Ints) -> Ints:
    """For each asked stretch `low:high` of times that rise, the first position whose time is not before the instant."""
    found = np.empty(len(instants), np.int64)
    for i in range(len(instants)):
        low, high, instant = lows[i], highs[i], instants[i]
        while low < high:
            middle = (low + high) >> 1
            if times[middle] < instant:
                low = middle + 1
            else:
                high = middle
        found[i] = low
    return found
