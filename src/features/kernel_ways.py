"""What an event is on its way to tallies and tracks, and which slot of a feed it belongs to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel_cache import inlined
from .kernel_exact import U
from .kernel_program import MISSING, Events

__all__ = ["Event", "slot_of"]

Ints = npt.NDArray[np.int64]


class Event(NamedTuple):
    """Where an event stands, of which kind it is, and in which stretch of its user's time."""

    i: Any
    kind: Any
    stretch: Any


@inlined
def slot_of(events: Events, slots: Ints, way: Any, i: Any) -> Any:
    """The slot that a record of `Feeds` leads an event to, -1 for none."""
    if way.valid >= 0 and _is_missing(events, way, i):
        return np.int64(-1)
    if way.part < 0:
        return np.int64(0)
    code = events.codes[U(way.part), U(i)]
    return slots[U(way.slots_at + code)] if code >= 0 else np.int64(-1)


@inlined
def _is_missing(events: Events, way: Any, i: Any) -> Any:
    if way.is_number:
        return events.numbers[U(way.valid), U(i)] == MISSING
    return events.codes[U(way.valid), U(i)] < 0
