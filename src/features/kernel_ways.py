"""Which events a feed takes, and the slot that it leads each to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .kernel_cache import inlined
from .kernel_exact import U
from .kernel_program import MISSING, Events, Feeds
from .kernel_state import Run, State

__all__ = ["Way", "own_run", "slot_of"]


class Way(NamedTuple):
    """What of a feed leads its events to slots, read once for all of them."""

    part: Any
    slots_at: Any


@inlined
def own_run(events: Events, feeds: Feeds, state: State, place: Any, listed: Run) -> Any:
    """Those of the listed events that a feed takes, as its own."""
    feed, n_own = feeds.led[place], np.int64(0)
    for k in range(listed.first, listed.end):
        i = U(listed.own[U(k)])
        state.own[U(n_own)] = np.int64(i)
        n_own += np.int64(feeds.takes[place, U(events.kinds[i])] and not _is_lacking(events, feed, i))
    return Run(state.own, np.int64(0), n_own, listed.stretch)


@inlined
def slot_of(events: Events, feeds: Feeds, way: Way, i: Any) -> Any:
    """The slot of one of the feed's own events."""
    return feeds.slots[U(way.slots_at + events.codes[U(way.part), i])] if way.part >= 0 else np.int64(0)


@inlined
def _is_lacking(events: Events, feed: Any, i: Any) -> Any:
    """Whether the event is without the part, or without the value, that the feed asks for."""
    if feed.part >= 0 and events.codes[U(feed.part), i] < 0:
        return True
    if feed.valid < 0:
        return False
    if feed.is_number:
        return events.numbers[U(feed.valid), i] == MISSING
    return events.codes[U(feed.valid), i] < 0
