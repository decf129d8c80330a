"""Which slot of a feed an event belongs to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_exact import U
from .kernel_program import MISSING, Events

__all__ = ["slot_of"]

Ints = npt.NDArray[np.int64]


@inlined
def slot_of(events: Events, slots: Ints, way: Any, i: int) -> Any:
    """The slot that a record of `Feeds` leads an event to, -1 for none."""
    if way.number >= 0 and events.numbers[U(way.number), U(i)] == MISSING:
        return np.int64(-1)
    if way.category >= 0 and events.codes[U(way.category), U(i)] < 0:
        return np.int64(-1)
    if way.part < 0:
        return np.int64(0)
    code = events.codes[U(way.part), U(i)]
    return slots[U(way.slots_at + code)] if code >= 0 else np.int64(-1)
