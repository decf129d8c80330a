"""Everything that is asked of the kernel, each in its place: texts become rows, and lists stretches of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .asked import EVER, Asked, Feed, Operations, Ratio, Tally, Track, notes_of
from .bucket import Properties
from .kernel_program import (
    DAYS,
    DECAY,
    DECAYS,
    EARLY,
    ENTRY,
    EXTREMES,
    FIRSTS,
    GAPS,
    LANE,
    LASTS,
    OP,
    RATIO,
    SEEN,
    SESSIONS,
    STREAKS,
    SUMS,
    TOLD,
    TRACK,
    Program,
)
from .kernel_times import words_of_track
from .kernel_values import words_of_lane
from .plan import Feature

__all__ = ["Layout", "bounds", "ints", "row_of"]

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.uint64]
Stretch = tuple[int, int]

_OF_TRACKS = FIRSTS | DAYS | GAPS | SESSIONS | STREAKS | EARLY | LASTS
_OF_LANES = ~_OF_TRACKS & ~SUMS
_ZERO_WHEN_EMPTY = frozenset({"count", "sum", "distinct", "active_days", "age_unknown", "sessions", "streak", "decay"})


class _Row(NamedTuple):
    """Where the values of a property stand: a row of the numbers, or of the codes; -1 for neither."""

    number: int
    category: int
    per_one: int


class _Lane(NamedTuple):
    """A value of a track, with the operations of each window and the decays that are asked of it."""

    track: int
    value: str | None
    windows: list[tuple[int, Operations]]
    decays: list[tuple[int, int]]


@dataclass(frozen=True)
class Layout:
    """What is asked, and where it stands."""

    asked: Asked

    @cached_property
    def tracks(self) -> list[Track]:
        """The tracks in order; those of one feed stand together, with all slots of its part."""
        feeds = dict.fromkeys(track.feed for track in self.asked.lanes)
        parts = self.asked.plan.parts
        return [
            Track(stream, part, slot, valid)
            for stream, part, valid in feeds
            for slot in range(1 if part is None else len(parts[part]) + 1)
        ]

    @cached_property
    def tallies(self) -> dict[Tally, int]:
        """The place of each tally, the counts first; those of one feed and value stand together, with all slots."""
        asked = {(tally.track.feed, tally.value) for tally in self.asked.tallies}
        values = sorted({value for _, value in asked}, key=lambda value: (value is not None, value or ""))
        tallies = [Tally(track, value) for value in values for track in self.tracks if (track.feed, value) in asked]
        return {tally: place for place, tally in enumerate(tallies)}

    @cached_property
    def noted(self) -> set[Feed]:
        """The feeds of which more than tallies is noted."""
        return {
            self.tracks[lane.track].feed
            for lane, notes in zip(self._lanes, self._lane_notes, strict=True)
            if notes or self._track_notes[lane.track]
        }

    @property
    def outline(self) -> list[Any]:
        """Whatever decides what is noted, and in what order, as JSON can hold it."""
        lanes = [[*lane[:2], [one for one, _ in lane.decays]] for lane in self._lanes]
        return [self.tracks, list(self.tallies), lanes, self._track_notes, self._lane_notes]

    @property
    def met(self) -> list[str]:
        """The property of each lane that notes which codes were met."""
        notes = zip(self._lanes, self._lane_notes, strict=True)
        return [lane.value for lane, noted in notes if noted & SEEN and lane.value is not None]

    def program(self, properties: Properties) -> Program:
        """All of it as arrays, for a bucket with these properties."""
        asked, tallies = self.asked, self.tallies
        told = [(place, lane) for place, lane in enumerate(self._lanes) if lane.windows]
        windows = [window for _, lane in told for window in lane.windows]
        cells = [[cell for cell in asked.cells if cell.width == width] for width in self._places]
        of_told = _stretches(lane.windows for _, lane in told)
        of_windows = _stretches(operations for _, operations in windows)
        units = _padded([row_of(properties, tally.value).per_one for tally in tallies])
        return Program(
            widths=ints(width for width in self._places if width != EVER),
            n_counts=sum(tally.value is None for tally in tallies),
            n_tallies=len(tallies),
            units=units,
            inverses=1.0 / units,
            cells=bounds(cells),
            cell_tally=_places(tallies[cell.tally] for one in cells for cell in one),
            cell_column=_places(cell.column for one in cells for cell in one),
            tracks=np.array(self._track_records(), TRACK),
            lanes=np.array(self._lane_records(properties), LANE),
            decays=np.array(self._decay_records(properties), DECAY),
            told=np.array([(lane.track, place, *at) for (place, lane), at in zip(told, of_told, strict=True)], TOLD),
            entries=np.array(
                [(self._places[width], *at) for (width, _), at in zip(windows, of_windows, strict=True)], ENTRY
            ),
            ops=np.array([op for _, operations in windows for op in operations], OP),
            ratios=np.array([self._ratio_record(one) for one in asked.ratios], RATIO),
            n_words=int(self._words[-1]),
            known_since=asked.plan.known_since,
            reach=EVER if asked.decays else max(self._widths, default=0),
            empty=np.array([_of_nothing(feature) for feature in asked.plan.features], np.float32),
        )

    def _track_records(self) -> list[tuple[int, ...]]:
        lanes = _stretches(self.asked.lanes.get(track, ()) for track in self.tracks)
        counts = [self.tallies.get(Tally(track, None), -1) for track in self.tracks]
        words = self._words[: len(self.tracks)]
        return [
            (notes, at, count, *stretch)
            for notes, at, count, stretch in zip(self._track_notes, words, counts, lanes, strict=True)
        ]

    def _lane_records(self, properties: Properties) -> list[tuple[int, ...]]:
        decays = _stretches(lane.decays for lane in self._lanes)
        rows = [row_of(properties, lane.value) for lane in self._lanes]
        sums = [self.tallies.get(Tally(self.tracks[lane.track], lane.value), -1) for lane in self._lanes]
        words = self._words[len(self.tracks) : -1]
        extremes = bounds([()] * bool(notes & EXTREMES) for notes in self._lane_notes)[:-1]
        return [
            (*row, notes, at, *places, *stretch)
            for row, notes, at, *places, stretch in zip(
                rows, self._lane_notes, words, extremes, sums, decays, strict=True
            )
        ]

    def _decay_records(self, properties: Properties) -> list[tuple[int, ...]]:
        return [
            (half_life, row_of(properties, lane.value).per_one, column)
            for lane in self._lanes
            for half_life, column in lane.decays
        ]

    def _ratio_record(self, one: Ratio) -> tuple[int, ...]:
        part = self.tallies[one.part], self._places[one.part_width], one.part_times
        whole = self.tallies[one.whole], self._places[one.whole_width], one.whole_times
        return one.column, *part, *whole

    @cached_property
    def _lanes(self) -> list[_Lane]:
        return [
            _Lane(place, value, sorted(windows.items()), self.asked.decays.get((track, value), []))
            for place, track in enumerate(self.tracks)
            for value, windows in self.asked.lanes.get(track, {}).items()
        ]

    @cached_property
    def _widths(self) -> set[int]:
        of_ratios = {width for one in self.asked.ratios for width in (one.part_width, one.whole_width)}
        of_lanes = {width for lane in self._lanes for width, _ in lane.windows}
        return of_ratios | of_lanes | {cell.width for cell in self.asked.cells}

    @cached_property
    def _places(self) -> dict[int, int]:
        """The place of each width, the narrowest first; the last stands for all history."""
        return {width: place for place, width in enumerate(sorted(self._widths | {EVER}))}

    @cached_property
    def _track_notes(self) -> list[int]:
        notes = [0] * len(self.tracks)
        for lane in self._lanes:
            notes[lane.track] |= _OF_TRACKS & notes_of(lane.windows)
        return notes

    @cached_property
    def _lane_notes(self) -> list[int]:
        return [_OF_LANES & notes_of(lane.windows) | DECAYS * bool(lane.decays) for lane in self._lanes]

    @cached_property
    def _words(self) -> Ints:
        """Where the words of each track and then of each lane begin, and how many there are."""
        return np.cumsum([0, *map(words_of_track, self._track_notes), *map(words_of_lane, self._lane_notes)])


def row_of(properties: Properties, name: str | None) -> _Row:
    """Where the values of a property stand."""
    if name in properties.number_names:
        row = properties.number_names.index(name)
        return _Row(row, -1, 10 ** properties.decimals[row])
    return _Row(-1, properties.category_names.index(name) if name in properties.category_names else -1, 1)


def ints(values: Iterable[int]) -> Ints:
    """The numbers as an array."""
    return np.array(list(values), np.int64)


def bounds(lists: Iterable[Sized]) -> Ints:
    """Where each list begins once they stand one behind the other, and where the last ends."""
    return np.cumsum([0, *(len(one) for one in lists)]).astype(np.int64)


def _stretches(lists: Iterable[Sized]) -> list[Stretch]:
    return list(pairwise(bounds(lists).tolist()))


def _places(values: Iterable[int]) -> Places:
    return np.array(list(values), np.uint64)


def _padded(units: list[int]) -> Ints:
    """The units, and ones up to a multiple of eight: a loop over whole vectors has no rest that goes one by one."""
    return np.array([*units, *[1] * (-len(units) % 8)], np.int64)


def _of_nothing(feature: Feature) -> float:
    """What the feature is of a user of whom nothing is known."""
    return 0.0 if feature.aggregate in _ZERO_WHEN_EMPTY else np.nan
