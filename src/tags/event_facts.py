"""Facts that events tell: the first and the last of a signal, and what most of it goes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
        values = self._values(bucket, events)
        has_value = values.is_valid().to_numpy(zero_copy_only=False)
        events, values = events[has_value], values.filter(pa.array(has_value))
        user, moment = users_of_events(bucket)[events], bucket.micros[events]
        order = np.lexsort((np.arange(len(events)), moment, user))
        is_edge = np.diff(user[order], prepend=-1) != 0 if self.end == "first" else _is_last(user[order])
        chosen = order[is_edge]
        return _part(bucket, user[chosen], values.take(pa.array(chosen)), known.as_of + self.valid_for)

    def _values(self, bucket: Bucket, events: npt.NDArray[np.intp]) -> pa.Array:
        """What each event shows, as text; null where it does not."""
        if self.spec.show is None:
            days = (bucket.micros[events] // (86_400 * MICROS)).astype(np.int32)
            return pa.array(days, pa.int32()).cast(pa.date32()).cast(pa.string())
        if self.shows == "number":
            numbers = bucket.properties.number(self.spec.show)
            missing = numbers.missing[events]
            return texts_of(pa.array(numbers.values[events], pa.int64(), mask=missing), self.decimals)
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
        places = np.argsort(np.argsort(np.array(categories.texts, object)))
        order = np.lexsort((places[code], -total, user))
        order = order[total[order] > 0]
        user, names = user[order], _named(categories.texts, code[order]).to_pylist()
        starts = np.flatnonzero(np.diff(user, prepend=-1) != 0)
        ends = np.minimum(np.append(starts[1:], len(user))[: len(starts)], starts + self.spec.top)
        told = [_RANKED.join(names[start:end]) for start, end in zip(starts, ends, strict=True)]
        return _part(bucket, user[starts], pa.array(told, pa.string()), known.as_of + self.valid_for)

    def _amounts(self, bucket: Bucket, events: npt.NDArray[np.intp]) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """How much each event counts, in whole units, and whether that is known."""
        if self.value is None:
            return np.ones(len(events), np.int64), np.ones(len(events), np.bool_)
        numbers = bucket.properties.number(self.value)
        return numbers.values[events], ~numbers.missing[events]


def _events(bucket: Bucket, before: int, since: int | None = None) -> npt.NDArray[np.intp]:
    """Positions of the signal's events that were known before a second, and not before another."""
    is_meant = bucket.membership.mask(_SIGNAL) & (bucket.seconds < before)
    return np.flatnonzero(is_meant if since is None else is_meant & (bucket.seconds >= since))


def _totals(
    user: npt.NDArray[np.int32], code: npt.NDArray[np.int32], amounts: Ints
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Ints]:
    """Users, codes and what all their events amount to together, exactly."""
    order = np.lexsort((code, user))
    user, code = user[order], code[order]
    starts = np.flatnonzero((np.diff(user, prepend=-1) != 0) | (np.diff(code, prepend=-1) != 0))
    totals: Ints = np.add.reduceat(amounts[order], starts) if len(starts) else np.zeros(0, np.int64)
    return user[starts], code[starts], totals


def _is_last(user: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    is_last: npt.NDArray[np.bool_] = np.append(np.diff(user) != 0, True)[: len(user)]
    return is_last


def _named(texts: tuple[str, ...], codes: npt.NDArray[np.int32]) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(codes, pa.int32(), mask=codes < 0))


def _part(bucket: Bucket, user: npt.NDArray[np.int32], values: pa.Array, until: int) -> Part:
    users = bucket.users[user]
    return Part(rows_of({"user_id": users, "value": values, "valid_until": np.full(len(users), until)}))
