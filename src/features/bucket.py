"""The events of one bucket of users as arrays: what every computation over time starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

__all__ = ["Bucket", "Categories", "Membership", "Needs", "Numbers", "Stream"]


@dataclass(frozen=True)
class Stream:
    """Events of one type for which a condition holds; `where` is text of the project file."""

    event_type: str
    where: str | None = None


@dataclass(frozen=True)
class Needs:
    """What a computation asks of the log, so that nothing else is read."""

    streams: Mapping[str, Stream] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    event_ids: bool = False

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            {**self.streams, **other.streams},
            self.numbers | other.numbers,
            self.categories | other.categories,
            self.event_ids or other.event_ids,
        )


@dataclass(frozen=True)
class Numbers:
    """A number property: fixed point `values` (n_events,) int64, 0 where `missing` (n_events,) bool."""

    values: npt.NDArray[np.int64]
    missing: npt.NDArray[np.bool_]
    decimals: int


@dataclass(frozen=True)
class Categories:
    """A category or flag property: `codes` (n_events,) int32 into `texts`, the bucket's own; -1 where missing."""

    codes: npt.NDArray[np.int32]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Membership:
    """Which of the asked streams hold each event: `codes` (n_events,) int32 into `streams`, sets of their names."""

    codes: npt.NDArray[np.int32]
    streams: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, masks: Mapping[str, npt.NDArray[np.bool_]], n_events: int) -> Self:
        """The membership that masks `(n_events,)`, by the name of their stream, say."""
        codes, streams = np.zeros(n_events, np.int64), [frozenset[str]()]
        for name, mask in masks.items():
            split = 2 * codes + mask
            is_there = np.bincount(split, minlength=2 * len(streams)) > 0
            streams = [held | {name} if inside else held for held in streams for inside in (False, True)]
            streams = [held for held, there in zip(streams, is_there, strict=True) if there]
            codes = (np.cumsum(is_there) - 1)[split]
        return cls(codes.astype(np.int32), tuple(streams))

    def mask(self, name: str) -> npt.NDArray[np.bool_]:
        """Whether the stream of that name holds each event, `(n_events,)`."""
        holds: npt.NDArray[np.bool_] = np.array([name in held for held in self.streams], np.bool_)[self.codes]
        return holds


@dataclass(frozen=True)
class Bucket:
    """Events sorted by user, then (known time, source rank, event_id).

    `users` (n_users,) are sorted texts; the events of user i are `offsets[i]:offsets[i + 1]`.
    `seconds` (n_events,) is the floored second at which an event was known, the later of its event
    time and its available time: what features may see. `micros` (n_events,) is the event time itself
    in microseconds: what labels look at. `membership` says which streams hold an event.
    """

    users: npt.NDArray[np.object_]
    offsets: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.int64]
    micros: npt.NDArray[np.int64]
    membership: Membership
    numbers: Mapping[str, Numbers]
    categories: Mapping[str, Categories]
    event_ids: npt.NDArray[np.object_] | None = None

    @property
    def n_users(self) -> int:
        """How many users the bucket holds."""
        return len(self.users)
