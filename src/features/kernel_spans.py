"""Where instants fall in sorted stretches of time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel_cache import compiled, inlined

__all__ = ["first_at", "first_from"]

Ints = npt.NDArray[np.int64]


@inlined
def first_at(times: Ints, low: int, high: int, instant: int) -> Any:
    """The first position of the stretch `low:high` of times that rise whose time is not before the instant."""
    while low < high:
        middle = (low + high) >> 1
        if times[middle] < instant:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def first_from(times: Ints, lows: Ints, highs: Ints, instants: Ints) -> Ints:
    """The first position from the instant on, as `first_at` finds it, for each asked stretch, `(n,)`."""
    found = np.empty(len(instants), np.int64)
    for i in range(len(instants)):
        found[i] = first_at(times, lows[i], highs[i], instants[i])
    return found
