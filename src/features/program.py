"""From a plan and a bucket to what the kernel is told: words become rows, codes and columns."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .asked import EVER, EVERYTHING, Asked, Operations, Tally, Track, notes_of
from .bucket import Bucket, Properties
from .kernel_program import (
    DAYS,
    DECAYS,
    EARLY,
    FEED,
    FIRSTS,
    GAPS,
    LASTS,
    SESSIONS,
    STREAKS,
    SUM,
    SUMS,
    Events,
    Feeds,
    Program,
)
from .kernel_state import words_of_lane, words_of_track
from .plan import Feature, Plan

__all__ = ["events_of", "programmed"]

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.uint64]

_OF_TRACKS = FIRSTS | DAYS | GAPS | SESSIONS | STREAKS | EARLY | LASTS
_OF_LANES = ~_OF_TRACKS & ~SUMS
_ZERO_WHEN_EMPTY = frozenset({"count", "sum", "distinct", "active_days", "age_unknown", "sessions", "streak", "decay"})


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
    asked = Asked.by(plan, bucket.properties)
    tracks = _contiguous(plan, asked.lanes)
    layout = _Layout(asked, tracks)
    return _feeds(bucket, layout), layout.program()


def _row_of(properties: Properties, name: str | None) -> _Row:
    if name in properties.number_names:
        row = properties.number_names.index(name)
        return _Row(row, -1, 10 ** properties.decimals[row])
    return _Row(-1, properties.category_names.index(name) if name in properties.category_names else -1, 1)


def _contiguous(plan: Plan, asked: Iterable[Track]) -> list[Track]:
    """The tracks in order; those of one feed stand together, with all slots of its part."""
    feeds = dict.fromkeys(track.feed for track in asked)
    return [
        Track(stream, part, slot, valid)
        for stream, part, valid in feeds
        for slot in range(1 if part is None else len(plan.parts[part]) + 1)
    ]


def _feeds(bucket: Bucket, layout: _Layout) -> Feeds:
    plan, tallies = layout.asked.plan, layout.tallies
    first = {track.feed: place for place, track in reversed(list(enumerate(layout.tracks)))}
    listed = [
        [feed for feed in first if feed[0] is EVERYTHING or feed[0] in held] for held in bucket.membership.streams
    ]
    feeds = [feed for kind in listed for feed in kind]
    tracks = [layout.tracks[first[feed]] for feed in feeds]
    sums = [[tally for tally in tallies if tally.track == track and tally.value is not None] for track in tracks]
    slots = [_slots(bucket, plan, part) for _, part, _ in feeds]
    each = np.zeros(len(feeds), FEED)
    each["part"] = [_row_of(bucket.properties, part).category for _, part, _ in feeds]
    each["slots_at"] = _bounds(slots)[:-1]
    each["number"] = [_row_of(bucket.properties, valid).number for _, _, valid in feeds]
    each["category"] = [_row_of(bucket.properties, valid).category for _, _, valid in feeds]
    each["track"] = [first[feed] for feed in feeds]
    each["count"] = [tallies.get(Tally(track, None), -1) for track in tracks]
    each["first_sum"], each["end_sum"] = _bounds(sums)[:-1], _bounds(sums)[1:]
    each["is_noted"] = [feed in layout.noted for feed in feeds]
    added = [(tallies[tally], _row_of(bucket.properties, tally.value).number) for one in sums for tally in one]
    return Feeds(
        of_kind=_bounds(listed),
        each=each,
        slots=_ints(slot for one in slots for slot in one),
        sums=np.array(added, SUM),
        summed=_ints(sorted({number for _, number in added})),
    )


def _slots(bucket: Bucket, plan: Plan, part: str | None) -> list[int]:
    """The slot of each of the bucket's codes; values without a part of their own share the last."""
    if part is None:
        return []
    own = {text: slot for slot, text in enumerate(plan.parts[part])}
    return [own.get(text, len(own)) for text in bucket.properties.category(part).texts]


class _Lane(NamedTuple):
    """A value of a track, with the operations of each window and the decays that are asked of it."""

    track: int
    value: str | None
    windows: list[tuple[int, Operations]]
    decays: list[tuple[int, int]]


@dataclass(frozen=True)
class _Layout:
    """What is asked, with a place for everything."""

    asked: Asked
    tracks: list[Track]

    def program(self) -> Program:
        """All of it as arrays."""
        asked, lanes, tallies, tracks = self.asked, self.lanes, self.tallies, self.tracks
        rows = [_row_of(asked.properties, lane.value) for lane in lanes]
        told = [place for place, lane in enumerate(lanes) if lane.windows]
        windows = [window for place in told for window in lanes[place].windows]
        cells = [[cell for cell in asked.cells if cell.width == width] for width in [*self.widths, EVER]]
        decays = [
            (half_life, column, row.per_one)
            for lane, row in zip(lanes, rows, strict=True)
            for half_life, column in lane.decays
        ]
        words = np.cumsum([0, *map(words_of_track, self.track_notes), *map(words_of_lane, self.lane_notes)])
        return Program(
            widths=_ints(self.widths),
            n_counts=sum(tally.value is None for tally in tallies),
            units=_padded([_row_of(asked.properties, tally.value).per_one for tally in tallies]),
            cells=_bounds(cells),
            cell_tally=_places(tallies[cell.tally] for one in cells for cell in one),
            cell_column=_places(cell.column for one in cells for cell in one),
            track_count=_ints(tallies.get(Tally(track, None), -1) for track in tracks),
            track_notes=_ints(self.track_notes),
            track_words=words[: len(tracks)],
            track_lanes=_bounds(asked.lanes.get(track, ()) for track in tracks),
            lane_number=_ints(row.number for row in rows),
            lane_category=_ints(row.category for row in rows),
            lane_notes=_ints(self.lane_notes),
            lane_sum=_ints(tallies.get(Tally(tracks[lane.track], lane.value), -1) for lane in lanes),
            lane_words=words[len(tracks) : -1],
            per_one=_ints(row.per_one for row in rows),
            told=_ints(told),
            told_track=_ints(lanes[place].track for place in told),
            told_entries=_bounds(lanes[place].windows for place in told),
            entry_width=_ints(self.places[width] for width, _ in windows),
            entry_ops=_bounds(operations for _, operations in windows),
            op_code=_ints(code for _, operations in windows for code, _ in operations),
            op_column=_ints(column for _, operations in windows for _, column in operations),
            lane_decays=_bounds(lane.decays for lane in lanes),
            half_lives=_ints(half_life for half_life, _, _ in decays),
            decay_unit=_ints(unit for _, _, unit in decays),
            decay_column=_ints(column for _, column, _ in decays),
            ratio_column=_ints(one.column for one in asked.ratios),
            ratio_part=_ints(tallies[one.part] for one in asked.ratios),
            ratio_part_place=_ints(self.places[one.part_width] for one in asked.ratios),
            ratio_part_times=_ints(one.part_times for one in asked.ratios),
            ratio_whole=_ints(tallies[one.whole] for one in asked.ratios),
            ratio_whole_place=_ints(self.places[one.whole_width] for one in asked.ratios),
            ratio_whole_times=_ints(one.whole_times for one in asked.ratios),
            n_words=int(words[-1]),
            n_codes=_most_codes(asked.properties, [lane.value for lane in lanes]),
            known_since=asked.plan.known_since,
            reach=EVER if asked.decays or EVER in self._asked_widths else max(self.widths, default=0),
            empty=np.array([_of_nothing(feature) for feature in asked.plan.features], np.float32),
        )

    @cached_property
    def lanes(self) -> list[_Lane]:
        """All lanes, by track."""
        return [
            _Lane(place, value, sorted(windows.items()), self.asked.decays.get((track, value), []))
            for place, track in enumerate(self.tracks)
            for value, windows in self.asked.lanes.get(track, {}).items()
        ]

    @cached_property
    def tallies(self) -> dict[Tally, int]:
        """The place of each tally, the counts first; those of one feed and value stand together, with all slots."""
        asked = {(tally.track.feed, tally.value) for tally in self.asked.tallies}
        values = sorted({value for _, value in asked}, key=lambda value: value or "")
        tallies = [Tally(track, value) for value in values for track in self.tracks if (track.feed, value) in asked]
        return {tally: place for place, tally in enumerate(sorted(tallies, key=lambda tally: tally.value is not None))}

    @cached_property
    def noted(self) -> set[tuple[str | None, str | None, str | None]]:
        """The feeds of which more than tallies is noted."""
        return {
            self.tracks[lane.track].feed
            for lane, notes in zip(self.lanes, self.lane_notes, strict=True)
            if notes or self.track_notes[lane.track]
        }

    @cached_property
    def widths(self) -> list[int]:
        """All widths but that of all history, the narrowest first."""
        return sorted(self._asked_widths - {EVER})

    @cached_property
    def places(self) -> dict[int, int]:
        """The place of each width."""
        return {width: place for place, width in enumerate([*self.widths, EVER])}

    @cached_property
    def track_notes(self) -> list[int]:
        """What is noted of each track."""
        notes = [0] * len(self.tracks)
        for lane in self.lanes:
            notes[lane.track] |= _OF_TRACKS & notes_of(dict(lane.windows).values())
        return notes

    @cached_property
    def lane_notes(self) -> list[int]:
        """What is noted of each lane."""
        return [_OF_LANES & notes_of(dict(lane.windows).values()) | DECAYS * bool(lane.decays) for lane in self.lanes]

    @cached_property
    def _asked_widths(self) -> set[int]:
        of_ratios = {width for one in self.asked.ratios for width in (one.part_width, one.whole_width)}
        return (
            of_ratios | {cell.width for cell in self.asked.cells} | {w for lane in self.lanes for w, _ in lane.windows}
        )


def _of_nothing(feature: Feature) -> float:
    """What the feature is of a user of whom nothing is known."""
    return 0.0 if feature.aggregate in _ZERO_WHEN_EMPTY else np.nan


def _most_codes(properties: Properties, values: Iterable[str | None]) -> int:
    texts = dict(zip(properties.category_names, properties.texts, strict=True))
    return max((len(texts.get(value, ())) for value in values if value is not None), default=0)


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _places(values: Iterable[int]) -> Places:
    return np.array(list(values), np.uint64)


def _padded(units: list[int]) -> Doubles:
    """The units, and ones up to a multiple of eight: a loop over whole vectors has no rest that goes one by one."""
    return np.array([*units, *[1] * (-len(units) % 8)], np.float64)


def _bounds(lists: Iterable[Sized]) -> Ints:
    """Where each list begins once they stand one behind the other, and where the last ends."""
    return np.cumsum([0, *(len(one) for one in lists)]).astype(np.int64)
