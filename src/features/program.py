"""From a plan and a bucket to what the kernel is told: words become rows, codes and columns."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .bucket import Bucket, Properties
from .kernel_program import (
    DAYS,
    DECAYS,
    EARLY,
    FIRSTS,
    GAPS,
    OPERATIONS,
    SESSIONS,
    STREAKS,
    Events,
    Feeds,
    Program,
)
from .kernel_state import words_of_lane, words_of_track
from .plan import Feature, Part, Plan, Signal, stream_key

__all__ = ["events_of", "programmed"]

Ints = npt.NDArray[np.int64]

_OF_VALUES = frozenset({"sum", "mean", "min", "max", "std", "last", "last_2", "last_3", "distinct"})
_OF_TRACKS = FIRSTS | DAYS | GAPS | SESSIONS | STREAKS | EARLY
_EVER = 2**60
"""A width that reaches back before every event."""
_ZERO_WHEN_EMPTY = frozenset({"count", "sum", "distinct", "active_days", "age_unknown", "sessions", "streak", "decay"})
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
    decays: dict[tuple[_Track, str | None], list[tuple[int, int]]] = field(default_factory=dict)

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
        elif feature.aggregate == "decay":
            value = signal.value if signal.type == "number" else None
            track = self._track(signal, feature.part, value)
            self.lanes.setdefault(track, {}).setdefault(value, {})
            self.decays.setdefault((track, value), []).append((width, column))
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
        lacking = self.bucket.properties.lacking
        valid = value if value is not None and signal.stream.event_type in lacking[value] else None
        if part is None:
            return _Track(stream, None, 0, valid)
        own = self.plan.parts[part.property]
        return _Track(stream, part.property, len(own) if part.value is None else own.index(part.value), valid)


class _Row(NamedTuple):
    """Where the values of a property stand: a row of the numbers, or of the codes; -1 for neither."""

    number: int
    category: int
    per_one: int


def events_of(bucket: Bucket) -> Events:
    """The events of the bucket as the kernel reads them."""
    kinds, properties = bucket.membership.codes, bucket.properties
    return Events(bucket.offsets, bucket.seconds, kinds, properties.numbers, properties.codes)


def programmed(bucket: Bucket, plan: Plan) -> tuple[Feeds, Program]:
    """How the bucket's events get to tracks, and what is computed of these, for all features of the history."""
    work = _Work(bucket, plan)
    for column, feature in enumerate(plan.features):
        if feature.role == "history":
            work.add(column, feature)
    tracks = _contiguous(plan, work.lanes)
    return _feeds(bucket, plan, tracks), _program(work, tracks)


def _row_of(properties: Properties, name: str | None) -> _Row:
    if name in properties.number_names:
        row = properties.number_names.index(name)
        return _Row(row, -1, 10 ** properties.decimals[row])
    return _Row(-1, properties.category_names.index(name) if name in properties.category_names else -1, 1)


def _contiguous(plan: Plan, asked: Iterable[_Track]) -> list[_Track]:
    """The tracks in order; those of one feed stand together, with all slots of its part."""
    feeds = dict.fromkeys(track.feed for track in asked)
    return [
        _Track(stream, part, slot, valid)
        for stream, part, valid in feeds
        for slot in range(1 if part is None else len(plan.parts[part]) + 1)
    ]


def _feeds(bucket: Bucket, plan: Plan, tracks: list[_Track]) -> Feeds:
    first = {track.feed: place for place, track in reversed(list(enumerate(tracks)))}
    listed = [
        [feed for feed in first if feed[0] is _EVERYTHING or feed[0] in held] for held in bucket.membership.streams
    ]
    feeds = [feed for kind in listed for feed in kind]
    slots = [_slots(bucket, plan, part) for _, part, _ in feeds]
    return Feeds(
        of_kind=_bounds(listed),
        track=_ints(first[feed] for feed in feeds),
        part=_ints(_row_of(bucket.properties, part).category for _, part, _ in feeds),
        slots_at=_bounds(slots)[:-1],
        slots=_ints(slot for one in slots for slot in one),
        number=_ints(_row_of(bucket.properties, valid).number for _, _, valid in feeds),
        category=_ints(_row_of(bucket.properties, valid).category for _, _, valid in feeds),
    )


def _slots(bucket: Bucket, plan: Plan, part: str | None) -> list[int]:
    """The slot of each of the bucket's codes; values without a part of their own share the last."""
    if part is None:
        return []
    own = {text: slot for slot, text in enumerate(plan.parts[part])}
    return [own.get(text, len(own)) for text in bucket.properties.category(part).texts]


def _program(work: _Work, tracks: list[_Track]) -> Program:
    lanes = [work.lanes.get(track, {}) for track in tracks]
    flat = [(value, sorted(windows.items())) for one in lanes for value, windows in one.items()]
    widths = sorted({width for _, windows in flat for width, _ in windows} - {_EVER})
    places = {width: place for place, width in enumerate([*widths, _EVER])}
    operations = [asked for _, windows in flat for _, asked in windows]
    rows = [_row_of(work.bucket.properties, value) for value, _ in flat]
    decays = [work.decays.get((track, value), []) for track, one in zip(tracks, lanes, strict=True) for value in one]
    of_tracks = [_OF_TRACKS & _noted(asked for one in lane.values() for asked in one.values()) for lane in lanes]
    of_lanes = [
        ~_OF_TRACKS & _noted(asked for _, asked in windows) | DECAYS * bool(halving)
        for (_, windows), halving in zip(flat, decays, strict=True)
    ]
    words = np.cumsum([0, *map(words_of_track, of_tracks), *map(words_of_lane, of_lanes)]).astype(np.int64)
    return Program(
        widths=_ints(widths),
        track_notes=_ints(of_tracks),
        track_words=words[: len(tracks)],
        track_lanes=_bounds(lanes),
        lane_number=_ints(row.number for row in rows),
        lane_category=_ints(row.category for row in rows),
        lane_notes=_ints(of_lanes),
        lane_words=words[len(tracks) : -1],
        per_one=_ints(row.per_one for row in rows),
        lane_entries=_bounds(windows for _, windows in flat),
        entry_width=_ints(places[width] for _, windows in flat for width, _ in windows),
        entry_ops=_bounds(operations),
        op_code=_ints(code for asked in operations for code, _ in asked),
        op_target=_ints(target for asked in operations for _, target in asked),
        lane_decays=_bounds(decays),
        half_lives=_ints(half_life for lane in decays for half_life, _ in lane),
        decay_column=_ints(column for lane in decays for _, column in lane),
        ratio_column=_ints(one.column for one in work.ratios),
        ratio_part=_ints(one.part for one in work.ratios),
        ratio_part_times=_ints(one.part_times for one in work.ratios),
        ratio_whole=_ints(one.whole for one in work.ratios),
        ratio_whole_times=_ints(one.whole_times for one in work.ratios),
        n_words=int(words[-1]),
        n_amounts=len(work.amounts),
        n_codes=_most_codes(work.bucket.properties, [value for value, _ in flat]),
        known_since=work.plan.known_since,
        reach=_EVER
        if work.decays or any(width == _EVER for _, one in flat for width, _ in one)
        else max(widths, default=0),
        empty=np.array([0 if one.aggregate in _ZERO_WHEN_EMPTY else np.nan for one in work.plan.features], np.float32),
    )


def _most_codes(properties: Properties, values: Iterable[str | None]) -> int:
    texts = dict(zip(properties.category_names, properties.texts, strict=True))
    return max((len(texts.get(value, ())) for value in values if value is not None), default=0)


def _noted(windows: Iterable[Operations]) -> int:
    """What must be noted for all operations of the windows."""
    notes = dict(OPERATIONS.values())
    return reduce(or_, (notes[code] for operations in windows for code, _ in operations), 0)


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _bounds(lists: Iterable[Sized]) -> Ints:
    """Where each list begins once they stand one behind the other, and where the last ends."""
    return np.cumsum([0, *(len(one) for one in lists)]).astype(np.int64)
