"""The events of one bucket of users as arrays: what every computation over time starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from .kernel_program import MISSING

__all__ = ["Bucket", "Categories", "Membership", "Needs", "Numbers", "Properties", "Stream"]


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
    """A number property: fixed point `values` (n_events,) int64, MISSING where an event has none."""

    values: npt.NDArray[np.int64]
    decimals: int

    @cached_property
    def missing(self) -> npt.NDArray[np.bool_]:
        """Where there is none, `(n_events,)`."""
        missing: npt.NDArray[np.bool_] = self.values == MISSING
        return missing


@dataclass(frozen=True)
class Categories:
    """A category or flag property: `codes` (n_events,) int32 into `texts`, the bucket's own; -1 where missing."""

    codes: npt.NDArray[np.int32]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Properties:
    """All properties of a bucket's events, a row for each.

    `numbers` (n_numbers, n_events) int64 by `number_names` with so many `decimals`; `codes` (n_categories, n_events)
    int32 by `category_names` into `texts`. `lacking` tells the event types of which some event lacks a property,
    `largest` how large in size a number is at most, as the log keeps it: 2**53, as any may be, where it is not told.
    """

    number_names: tuple[str, ...]
    decimals: tuple[int, ...]
    numbers: npt.NDArray[np.int64]
    category_names: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    codes: npt.NDArray[np.int32]
    lacking: Mapping[str, frozenset[str]]
    largest: Mapping[str, int] = field(default_factory=dict)

    def number(self, name: str) -> Numbers:
        """A number property."""
        row = self.number_names.index(name)
        return Numbers(self.numbers[row], self.decimals[row])

    def category(self, name: str) -> Categories:
        """A category or flag property."""
        row = self.category_names.index(name)
        return Categories(self.codes[row], self.texts[row])


@dataclass(frozen=True)
class Membership:
    """Which of the asked streams hold each event: `codes` (n_events,) int32 into `streams`, sets of their names."""

    codes: npt.NDArray[np.int32]
    streams: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, masks: Mapping[str, npt.NDArray[np.bool_]], n_events: int) -> Self:
        """The membership that masks `(n_events,)`, by the name of their stream, say."""
        return cls(np.zeros(n_events, np.int32), (frozenset(),)).split(masks)

    def split(self, masks: Mapping[str, npt.NDArray[np.bool_]]) -> Self:
        """The same membership, and in the streams of these masks besides."""
        codes, streams = self.codes, self.streams
        for name, mask in masks.items():
            halves = 2 * codes + mask
            is_there = np.bincount(halves, minlength=2 * len(streams)) > 0
            both = [held | {name} if inside else held for held in streams for inside in (False, True)]
            streams = tuple(held for held, there in zip(both, is_there, strict=True) if there)
            codes = (np.cumsum(is_there, dtype=np.int32) - 1).astype(np.int32)[halves]
        return type(self)(codes, streams)

    def mask(self, name: str) -> npt.NDArray[np.bool_]:
        """Whether the stream of that name holds each event, `(n_events,)`."""
        holds: npt.NDArray[np.bool_] = np.array([name in held for held in self.streams], np.bool_)[self.codes]
        return holds


@dataclass(frozen=True)
class Bucket:
    """Events sorted by user, then (known time, source rank, event_id).

    The events of user i are `offsets[i]:offsets[i + 1]`; `named` gives what `users` are called.
    `seconds` (n_events,) is the floored second at which an event was known, the later of its event
    time and its available time: what features may see. `micros` (n_events,) is the event time itself
    in microseconds: what labels look at. `membership` says which streams hold an event. `event_ids` gives
    the ids of the events at some positions, where they were asked for.
    """

    named: Callable[[], npt.NDArray[np.object_]]
    offsets: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.int64]
    micros: npt.NDArray[np.int64]
    membership: Membership
    properties: Properties
    event_ids: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.object_]] | None = None

    @property
    def n_users(self) -> int:
        """How many users the bucket holds."""
        return len(self.offsets) - 1

    @cached_property
    def users(self) -> npt.NDArray[np.object_]:
        """The users `(n_users,)`, sorted texts; made when first asked for, since vectors take none."""
        return self.named()
