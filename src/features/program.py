"""From a plan and a bucket to what the kernel is told: words become rows, codes and columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .bucket import Bucket
from .kernel_program import DAYS, FIRSTS, GAPS, MISSING, OPERATIONS, Events, Feeds, Program
from .plan import Feature, Part, Plan, Signal, stream_key

__all__ = ["events_of", "programmed"]

Ints = npt.NDArray[np.int64]

_OF_VALUES = frozenset({"sum", "mean", "min", "max", "std", "last", "distinct"})
_OF_TRACKS = FIRSTS | DAYS | GAPS
_EVER = 2**60
"""A width that reaches back before every event."""
_EVERYTHING = None
"""Stands for the stream of all events."""

Operations = list[tuple[int, int]]
"""Codes of operations, and the column or amount that each makes."""


class _Track(NamedTuple):
    """Events of a stream, of one slot of a part of it; `valid` is a value without which an event is passed over."""

    stream: str | None
    part: str | None
    slot: int
    valid: str | None

    @property
    def feed(self) -> tuple[str | None, str | None, str | None]:
        """Tracks of one feed differ in their slot only."""
        return self.stream, self.part, self.valid


class _Ratio(NamedTuple):
    """A column that is a part over a whole, each an amount with a factor."""

    column: int
    part: int
    part_times: int
    whole: int
    whole_times: int


@dataclass(frozen=True)
class _Work:
    """What features ask for: of each track its lanes, by the value they hold, and of each lane its windows."""

    bucket: Bucket
    plan: Plan
    lanes: dict[_Track, dict[str | None, dict[int, Operations]]] = field(default_factory=dict)
    amounts: dict[tuple[_Track, str | None, int], int] = field(default_factory=dict)
    ratios: list[_Ratio] = field(default_factory=list)

    def add(self, column: int, feature: Feature) -> None:
        """Ask for a feature of the history."""
        signal = self.plan.signals[feature.source]
        width = feature.windows[0] if feature.windows else _EVER
        if feature.aggregate == "trend":
            short, long = feature.windows
            common = int(np.gcd(short, long))
            recent, usual = self._amount(signal, None, short), self._amount(signal, None, long)
            self.ratios.append(_Ratio(column, recent, long // common, usual, short // common))
        elif feature.aggregate == "share":
            part, whole = self._share(signal, feature.part, width)
            self.ratios.append(_Ratio(column, part, 1, whole, 1))
        else:
            value = signal.value if feature.aggregate in _OF_VALUES else None
            self._operation(self._track(signal, feature.part, value), value, width, feature.aggregate, column)

    def _share(self, signal: Signal, part: Part | None, width: int) -> tuple[int, int]:
        """The amounts of a part and its signal; of a signal without parts and of all events."""
        if part is not None:
            return self._amount(signal, part, width), self._amount(signal, None, width)
        everything = _Track(_EVERYTHING, None, 0, None)
        return self._amount_of(self._track(signal, None, None), None, width), self._amount_of(everything, None, width)

    def _amount(self, signal: Signal, part: Part | None, width: int) -> int:
        """What a signal amounts to: the sum of its numbers, else how many events it has."""
        value = signal.value if signal.type == "number" else None
        return self._amount_of(self._track(signal, part, value), value, width)

    def _amount_of(self, track: _Track, value: str | None, width: int) -> int:
        key = (track, value, width)
        if key not in self.amounts:
            self.amounts[key] = len(self.amounts)
            operation = "amount_of_events" if value is None else "amount_of_values"
            self._operation(track, value, width, operation, self.amounts[key])
        return self.amounts[key]

    def _operation(self, track: _Track, value: str | None, width: int, operation: str, target: int) -> None:
        windows = self.lanes.setdefault(track, {}).setdefault(value, {})
        windows.setdefault(width, []).append((OPERATIONS[operation][0], target))

    def _track(self, signal: Signal, part: Part | None, value: str | None) -> _Track:
        stream = stream_key(signal.stream)
        valid = value if value is not None and self._lacks(stream, value) else None
        if part is None:
            return _Track(stream, None, 0, valid)
        own = self.plan.parts[part.property]
        return _Track(stream, part.property, len(own) if part.value is None else own.index(part.value), valid)

    def _lacks(self, stream: str, value: str) -> bool:
        """Whether any event of the stream lacks the value; where none does, lanes of different values share a track."""
        holding = [stream in held for held in self.bucket.membership.streams]
        return bool(self._lacking[value][holding].any())

    @cached_property
    def _lacking(self) -> Mapping[str, npt.NDArray[np.bool_]]:
        """For each property whether any event of a kind lacks it, `(n_kinds,)`."""
        bucket, n_kinds = self.bucket, len(self.bucket.membership.streams)
        missing = {name: one.missing for name, one in bucket.numbers.items()}
        missing |= {name: one.codes < 0 for name, one in bucket.categories.items()}
        kinds = bucket.membership.codes
        return {name: np.bincount(kinds[lacks], minlength=n_kinds) > 0 for name, lacks in missing.items()}


class _Row(NamedTuple):
    """Where the values of a property stand: a row of the numbers, or of the codes; -1 for neither."""

    number: int
    category: int
    per_one: int


@dataclass(frozen=True)
class _Rows:
    """Where each property stands among the events that the kernel reads."""

    bucket: Bucket
    numbers: tuple[str, ...]
    categories: tuple[str, ...]

    def of(self, name: str | None) -> _Row:
        if name in self.numbers:
            return _Row(self.numbers.index(name), -1, 10 ** self.bucket.numbers[name].decimals)
        return _Row(-1, self.categories.index(name) if name in self.categories else -1, 1)


def events_of(bucket: Bucket, plan: Plan) -> Events:
    """The events of the bucket as the kernel reads them, with a row for each property that the plan uses."""
    rows = _rows(bucket, plan)
    numbers = np.empty((len(rows.numbers), len(bucket.seconds)), np.int64)
    for row, name in enumerate(rows.numbers):
        one = bucket.numbers[name]
        numbers[row] = np.where(one.missing, MISSING, one.values)
    codes = np.empty((len(rows.categories), len(bucket.seconds)), np.int32)
    for row, name in enumerate(rows.categories):
        codes[row] = bucket.categories[name].codes
    return Events(bucket.offsets, bucket.seconds, bucket.membership.codes, numbers, codes)


def programmed(bucket: Bucket, plan: Plan) -> tuple[Feeds, Program]:
    """How the bucket's events get to tracks, and what is computed of these, for all features of the history."""
    work = _Work(bucket, plan)
    for column, feature in enumerate(plan.features):
        if feature.role == "history":
            work.add(column, feature)
    tracks, rows = _contiguous(plan, work.lanes), _rows(bucket, plan)
    return _feeds(bucket, plan, tracks, rows), _program(work, tracks, rows)


def _rows(bucket: Bucket, plan: Plan) -> _Rows:
    return _Rows(bucket, tuple(sorted(plan.needs.numbers)), tuple(sorted(plan.needs.categories)))


def _contiguous(plan: Plan, asked: Iterable[_Track]) -> list[_Track]:
    """The tracks in order; those of one feed stand together, with all slots of its part."""
    feeds = dict.fromkeys(track.feed for track in asked)
    return [
        _Track(stream, part, slot, valid)
        for stream, part, valid in feeds
        for slot in range(1 if part is None else len(plan.parts[part]) + 1)
    ]


def _feeds(bucket: Bucket, plan: Plan, tracks: list[_Track], rows: _Rows) -> Feeds:
    first = {track.feed: place for place, track in reversed(list(enumerate(tracks)))}
    listed = [
        [feed for feed in first if feed[0] is _EVERYTHING or feed[0] in held] for held in bucket.membership.streams
    ]
    feeds = [feed for kind in listed for feed in kind]
    slots = [_slots(bucket, plan, part) for _, part, _ in feeds]
    return Feeds(
        of_kind=_bounds(listed),
        track=_ints(first[feed] for feed in feeds),
        part=_ints(rows.of(part).category for _, part, _ in feeds),
        slots_at=_bounds(slots)[:-1],
        slots=_ints(slot for one in slots for slot in one),
        number=_ints(rows.of(valid).number for _, _, valid in feeds),
        category=_ints(rows.of(valid).category for _, _, valid in feeds),
    )


def _slots(bucket: Bucket, plan: Plan, part: str | None) -> list[int]:
    """The slot of each of the bucket's codes; values without a part of their own share the last."""
    if part is None:
        return []
    own = {text: slot for slot, text in enumerate(plan.parts[part])}
    return [own.get(text, len(own)) for text in bucket.categories[part].texts]


def _program(work: _Work, tracks: list[_Track], rows: _Rows) -> Program:
    lanes = [work.lanes.get(track, {}) for track in tracks]
    flat = [(value, sorted(windows.items())) for one in lanes for value, windows in one.items()]
    widths = sorted({width for _, windows in flat for width, _ in windows} - {_EVER})
    places = {width: place for place, width in enumerate([*widths, _EVER])}
    operations = [asked for _, windows in flat for _, asked in windows]
    return Program(
        widths=_ints(widths),
        track_notes=_ints(
            _OF_TRACKS & _noted(asked for one in lane.values() for asked in one.values()) for lane in lanes
        ),
        track_lanes=_bounds(lanes),
        lane_number=_ints(rows.of(value).number for value, _ in flat),
        lane_category=_ints(rows.of(value).category for value, _ in flat),
        lane_notes=_ints(~_OF_TRACKS & _noted(asked for _, asked in windows) for _, windows in flat),
        per_one=_ints(rows.of(value).per_one for value, _ in flat),
        lane_entries=_bounds(windows for _, windows in flat),
        entry_width=_ints(places[width] for _, windows in flat for width, _ in windows),
        entry_ops=_bounds(operations),
        op_code=_ints(code for asked in operations for code, _ in asked),
        op_target=_ints(target for asked in operations for _, target in asked),
        ratio_column=_ints(one.column for one in work.ratios),
        ratio_part=_ints(one.part for one in work.ratios),
        ratio_part_times=_ints(one.part_times for one in work.ratios),
        ratio_whole=_ints(one.whole for one in work.ratios),
        ratio_whole_times=_ints(one.whole_times for one in work.ratios),
        n_amounts=len(work.amounts),
        n_codes=max((len(one.texts) for one in work.bucket.categories.values()), default=0),
        known_since=work.plan.known_since,
    )


def _noted(windows: Iterable[Operations]) -> int:
    """What must be noted for all operations of the windows."""
    notes = dict(OPERATIONS.values())
    return reduce(or_, (notes[code] for operations in windows for code, _ in operations), 0)


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _bounds(lists: Iterable[Sized]) -> Ints:
    """Where each list begins once they stand one behind the other, and where the last ends."""
    return np.cumsum([0, *(len(one) for one in lists)]).astype(np.int64)
