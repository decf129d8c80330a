"""Facts that events tell: the first and the last of a signal, and what most of it goes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..events.log import Property
from ..features.bucket import Bucket, Needs, Stream
from ..features.cohort import users_of_events
from ..features.spec import SignalSpec
from ..timeline import MICROS
from .fact_spec import EndSpec, FavouriteSpec
from .facts import texts_of
from .known import Known
from .maker import Part, rows_of

__all__ = ["EndReader", "FavouriteReader"]

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]
Users = npt.NDArray[np.int32]

_SIGNAL = "signal"
_RANKED = " > "
"""Between favourites, the larger first."""


@dataclass(frozen=True)
class EndReader:
    """What tells the first or the last event of a stream: its day, or its property `spec.show`, if it has one.

    `decimals` are those of a number, `valid_for` is in seconds.
    """

    spec: EndSpec
    stream: Stream
    end: Literal["first", "last"]
    shows: Literal["day", "number", "category"]
    decimals: int
    valid_for: int

    @classmethod
    def of(
        cls,
        end: Literal["first", "last"],
        spec: EndSpec,
        signal: SignalSpec,
        properties: Mapping[str, Property],
        valid_for: int,
    ) -> Self:
        """The reader over a log with such properties; one that the log lacks is taken for a category."""
        shown = properties.get(spec.show) if spec.show else None
        is_number = shown is not None and shown.type == "number"
        shows: Literal["day", "number", "category"] = "day"
        if spec.show:
            shows = "number" if is_number else "category"
        stream, decimals = Stream(signal.event_type, signal.where), shown.decimals if shown else 0
        return cls(spec, stream, end, shows, decimals, valid_for)

    @property
    def needs(self) -> Needs:
        """The events of the signal, and what is shown of them."""
        names = frozenset([self.spec.show] if self.spec.show else [])
        is_number = self.shows == "number"
        return Needs({_SIGNAL: self.stream}, names if is_number else frozenset(), frozenset() if is_number else names)

    @property
    def reach(self) -> None:
        """Back to where the log begins."""
        return

    def part(self, known: Known) -> Part:
        """The fact of the bucket's users; who has no such event is left out."""
        bucket = known.events(self.needs)
        events = _events(bucket, known.as_of)
        events = events[self._is_told(bucket, events)]
        user = users_of_events(bucket)[events]
        order = np.lexsort((np.arange(len(events)), bucket.micros[events], user))
        is_edge = _is_first(user[order]) if self.end == "first" else _is_first(user[order][::-1])[::-1]
        chosen = events[order[is_edge]]
        until = known.as_of + self.valid_for
        return _part(bucket, users_of_events(bucket)[chosen], self._values(bucket, chosen), until)

    def _is_told(self, bucket: Bucket, events: Positions) -> Mask:
        """Whether each event has what is shown."""
        if self.spec.show is None:
            return np.ones(len(events), np.bool_)
        if self.shows == "number":
            return ~bucket.properties.number(self.spec.show).missing[events]
        is_told: Mask = bucket.properties.category(self.spec.show).codes[events] >= 0
        return is_told

    def _values(self, bucket: Bucket, events: Positions) -> pa.Array:
        """What each event shows, as text."""
        if self.spec.show is None:
            days = (bucket.micros[events] // (86_400 * MICROS)).astype(np.int32)
            return pa.array(days, pa.int32()).cast(pa.date32()).cast(pa.string())
        if self.shows == "number":
            return texts_of(pa.array(bucket.properties.number(self.spec.show).values[events]), self.decimals)
        categories = bucket.properties.category(self.spec.show)
        return _named(categories.texts, categories.codes[events])


@dataclass(frozen=True)
class FavouriteReader:
    """What tells the values of a category that most of a stream goes to: of its number `value`, else of its events."""

    spec: FavouriteSpec
    stream: Stream
    value: str | None
    valid_for: int

    @classmethod
    def of(cls, spec: FavouriteSpec, signal: SignalSpec, properties: Mapping[str, Property], valid_for: int) -> Self:
        """The reader over a log with such properties."""
        value = properties.get(signal.value) if signal.value else None
        is_number = value is not None and value.type == "number"
        return cls(spec, Stream(signal.event_type, signal.where), signal.value if is_number else None, valid_for)

    @property
    def needs(self) -> Needs:
        """The events of the signal, their category and their number."""
        numbers = frozenset([self.value] if self.value else [])
        return Needs({_SIGNAL: self.stream}, numbers, frozenset([self.spec.property]))

    @property
    def reach(self) -> int | None:
        """How far back its events may lie."""
        return None if self.spec.within is None else self.spec.within.seconds

    def part(self, known: Known) -> Part:
        """The favourites of the bucket's users; who has none is left out."""
        bucket, within = known.events(self.needs), self.spec.within
        categories = bucket.properties.category(self.spec.property)
        events = _events(bucket, known.as_of, None if within is None else known.as_of - within.seconds)
        amounts, is_known = self._amounts(bucket, events)
        has_all = is_known & (categories.codes[events] >= 0)
        events = events[has_all]
        user, code, total = _totals(users_of_events(bucket)[events], categories.codes[events], amounts[has_all])
        order = np.lexsort((_alphabetical(categories.texts)[code], -total, user))
        order = order[total[order] > 0]
        order = order[_places(user[order]) < self.spec.top]
        starts = np.flatnonzero(_is_first(user[order]))
        names = _named(categories.texts, code[order]).to_pylist()
        told = [_RANKED.join(names[start:end]) for start, end in pairwise([*starts, len(names)])]
        return _part(bucket, user[order][starts], pa.array(told, pa.string()), known.as_of + self.valid_for)

    def _amounts(self, bucket: Bucket, events: Positions) -> tuple[Ints, Mask]:
        """How much each event counts, in whole units, and whether that is known."""
        if self.value is None:
            return np.ones(len(events), np.int64), np.ones(len(events), np.bool_)
        numbers = bucket.properties.number(self.value)
        return numbers.values[events], ~numbers.missing[events]


def _events(bucket: Bucket, before: int, since: int | None = None) -> Positions:
    """Positions of the signal's events that were known before a second, and not before another."""
    is_meant = bucket.membership.mask(_SIGNAL) & (bucket.seconds < before)
    return np.flatnonzero(is_meant if since is None else is_meant & (bucket.seconds >= since))


def _totals(user: Users, code: npt.NDArray[np.int32], amounts: Ints) -> tuple[Users, npt.NDArray[np.int32], Ints]:
    """Users, codes and what all their events amount to together, exactly."""
    order = np.lexsort((code, user))
    user, code = user[order], code[order]
    starts = np.flatnonzero(_is_first(user) | _is_first(code))
    totals: Ints = np.add.reduceat(amounts[order], starts) if len(starts) else np.zeros(0, np.int64)
    return user[starts], code[starts], totals


def _is_first(user: Users) -> Mask:
    """Whether each row is the first of its user, of rows that are grouped by user."""
    is_first: Mask = np.append(True, np.diff(user) != 0)[: len(user)]
    return is_first


def _places(user: Users) -> Ints:
    """Which row of its user each row is, from 0, of rows that are grouped by user."""
    starts = np.flatnonzero(_is_first(user))
    return np.arange(len(user)) - np.repeat(starts, np.diff([*starts, len(user)]))


def _alphabetical(texts: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """The place of each text among all, in order."""
    return np.argsort(np.argsort(np.array(texts, object)))


def _named(texts: tuple[str, ...], codes: npt.NDArray[np.int32]) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(codes))


def _part(bucket: Bucket, user: Users, values: pa.Array, until: int) -> Part:
    users = bucket.users[user]
    return Part(rows_of({"user_id": users, "value": values, "valid_until": np.full(len(users), until)}))
