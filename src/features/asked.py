"""What the features of a plan ask of the kernel, in words: tallies, operations and decays of tracks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import NamedTuple

import numpy as np

from .kernel_program import OPERATIONS, SUMS
from .plan import Feature, Part, Plan, Signal, stream_key

__all__ = ["EVER", "EVERYTHING", "Asked", "Cell", "Feed", "Operations", "Ratio", "Tally", "Track", "notes_of"]

EVER = 2**60
"""A width that reaches back before every event."""
EVERYTHING = None
"""Stands for the stream of all events."""

Feed = tuple[str | None, str | None, str | None]
"""The stream, the part and the valid value that tracks share whose slots alone differ."""
Operations = list[tuple[int, int]]
"""Codes of operations, and the column that each fills."""

_NOTES = dict(OPERATIONS.values())
_OF_VALUES = frozenset({"sum", "mean", "min", "max", "std", "last", "last_2", "last_3", "distinct"})


class Track(NamedTuple):
    """Events of a stream, of one slot of a part of it; `valid` is a value without which an event is passed over."""

    stream: str | None
    part: str | None
    slot: int
    valid: str | None

    @property
    def feed(self) -> Feed:
        """Tracks of one feed differ in their slot only."""
        return self.stream, self.part, self.valid


class Tally(NamedTuple):
    """The sum of a value of a track's events, or how many these are."""

    track: Track
    value: str | None


class Cell(NamedTuple):
    """A column that is how much a tally grew in a window of that width."""

    tally: Tally
    width: int
    column: int


class Ratio(NamedTuple):
    """A column that is a part over a whole: each how much a tally grew in a window, times a factor."""

    column: int
    part: Tally
    part_width: int
    part_times: int
    whole: Tally
    whole_width: int
    whole_times: int


@dataclass(frozen=True)
class Asked:
    """What features ask for; `lanes` are the operations on a value of a track by their windows' width.

    `lacking` tells the event types of which some event lacks a property.
    """

    plan: Plan
    lacking: Mapping[str, frozenset[str]]
    lanes: dict[Track, dict[str | None, dict[int, Operations]]] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    decays: dict[tuple[Track, str | None], list[tuple[int, int]]] = field(default_factory=dict)

    @classmethod
    def by(cls, plan: Plan, lacking: Mapping[str, frozenset[str]]) -> Asked:
        """What the plan's features of the history ask for."""
        asked = cls(plan, lacking)
        for column, feature in enumerate(plan.features):
            if feature.role == "history":
                asked.add(column, feature)
        return asked

    def add(self, column: int, feature: Feature) -> None:
        """Ask for a feature of the history."""
        signal = self.plan.signals[feature.source]
        width = feature.windows[0] if feature.windows else EVER
        if feature.aggregate == "trend":
            short, long = feature.windows
            common = int(np.gcd(short, long))
            tally = self._amount(signal, None)
            self.ratios.append(Ratio(column, tally, short, long // common, tally, long, short // common))
        elif feature.aggregate == "share":
            part, whole = self._share(signal, feature.part)
            self.ratios.append(Ratio(column, part, width, 1, whole, width, 1))
        elif feature.aggregate == "decay":
            tally = self._amount(signal, feature.part)
            self.decays.setdefault((tally.track, tally.value), []).append((width, column))
        else:
            value = signal.value if feature.aggregate in _OF_VALUES else None
            self._number(self._tally(signal, feature.part, value), width, feature.aggregate, column)

    @property
    def tallies(self) -> set[Tally]:
        """Those of cells and ratios, the counts of all tracks with operations, and the sums that these rest on."""
        found = {cell.tally for cell in self.cells} | {
            one for ratio in self.ratios for one in (ratio.part, ratio.whole)
        }
        for track, lanes in self.lanes.items():
            for value, windows in lanes.items():
                found |= {Tally(track, None)} if windows else set()
                found |= {Tally(track, value)} if notes_of(windows.items()) & SUMS else set()
        return found

    def _share(self, signal: Signal, part: Part | None) -> tuple[Tally, Tally]:
        """A part and its signal; a signal without parts and all events."""
        if part is not None:
            return self._amount(signal, part), self._amount(signal, None)
        return self._tally(signal, None, None), self._tallied(Track(EVERYTHING, None, 0, None), None)

    def _amount(self, signal: Signal, part: Part | None) -> Tally:
        """What a signal amounts to: the sum of its numbers, else how many events it has."""
        return self._tally(signal, part, signal.value if signal.type == "number" else None)

    def _number(self, tally: Tally, width: int, aggregate: str, column: int) -> None:
        if aggregate in {"count", "sum"}:
            self.cells.append(Cell(tally, width, column))
        else:
            operations = self.lanes[tally.track][tally.value].setdefault(width, [])
            operations.append((OPERATIONS[aggregate][0], column))

    def _tally(self, signal: Signal, part: Part | None, value: str | None) -> Tally:
        stream = stream_key(signal.stream)
        is_lacking = value is not None and signal.stream.event_type in self.lacking[value]
        valid = value if is_lacking else None
        if part is None:
            return self._tallied(Track(stream, None, 0, valid), value)
        own = self.plan.parts[part.property]
        slot = len(own) if part.value is None else own.index(part.value)
        return self._tallied(Track(stream, part.property, slot, valid), value)

    def _tallied(self, track: Track, value: str | None) -> Tally:
        self.lanes.setdefault(track, {}).setdefault(value, {})
        return Tally(track, value)


def notes_of(windows: Iterable[tuple[int, Operations]]) -> int:
    """What must be noted for the operations of windows."""
    return reduce(or_, (_NOTES[code] for _, operations in windows for code, _ in operations), 0)
