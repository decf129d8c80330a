"""The log laid out for the kernel: the events of a bucket as plain arrays, whatever files they came in.

The Delta table is the record. Beside it each of its files stands laid out as a segment, in a folder that bears the
file's name, so it is never older than the log; what no longer belongs to the published log is swept away by the next
ingestion.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ..engines.duck import reading
from .joining import Joined, joined
from .layout import HOUR_ROW, HOURS, MISSING, WEEKDAY_ROW, WEEKDAYS
from .log import EventLog
from .segments import FOLDER, Segment

__all__ = ["HOURS", "MISSING", "WEEKDAYS", "Columns", "Names", "sweep", "unpublished"]

Array = npt.NDArray[Any]

_OF_TIME = {HOUR_ROW: "hour", WEEKDAY_ROW: "weekday"}


class Names(NamedTuple):
    """What types and rows of the arrays are called, what texts a category's row has, how large in size a number is at
    most, and the types of which some event lacks a property. In segments the categories are called `rows`.
    """

    types: tuple[str, ...]
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    rows: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    largest: Mapping[str, int]
    lacking: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Columns:
    """The events of a bucket, sorted by user, then known time, source rank and event id.

    Arrays: `offsets` (n_users + 1,) say where the events of each user begin; `seconds` (n_events,) when they were
    known, floored; `micros` (n_events,) when they happened; `types` (n_events,) index the names of types; `numbers`
    (n_numbers, n_events) are whole, MISSING where there is none; `codes` (n_categories, n_events) index the texts
    of their row, -1 where there is none. A single segment is mapped into memory as it is; several are joined there.
    """

    log: EventLog
    segments: tuple[Segment, ...]
    lacking: Mapping[str, frozenset[str]]
    arrays: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, log: EventLog, bucket: int, since: int | None = None) -> Self:
        """The events of a bucket, all of them or those known at the second `since` or later."""
        whole = [Segment.of(log.store.root, path) for path in log.files(bucket)]
        cut = whole if since is None else [one.since(since) for one in whole]
        filled = [one for one in cut if one.first is not None]
        return cls(log, tuple(sorted(filled, key=lambda one: (one.first, one.path.name))), _lacking(log, whole))

    @cached_property
    def names(self) -> Names:
        """What the arrays speak of."""
        properties = self.log.properties
        numbers = sorted(name for name, one in properties.items() if one.type == "number")
        rows = [*sorted(properties.keys() - set(numbers)), *_OF_TIME]
        return Names(
            types=_together([one.names["types"] for one in self.segments]),
            numbers=tuple(numbers),
            categories=tuple(
                row if row not in _OF_TIME or _OF_TIME[row] in properties else _OF_TIME[row] for row in rows
            ),
            rows=tuple(rows),
            texts=tuple(_together([one.texts(row) for one in self.segments]) for row in rows),
            largest={
                name: max((one.names["largest"].get(name, 0) for one in self.segments), default=0) for name in numbers
            },
            lacking=self.lacking,
        )

    def users(self) -> Array:
        """The users `(n_users,)`, sorted texts."""
        texts = self.segments[0].users if self._is_plain else self._joined.users
        users: Array = texts.to_numpy(zero_copy_only=False)
        return users

    def array(self, name: str) -> Array:
        """One of the arrays."""
        if self._is_plain:
            return self.segments[0].array(name)
        if name not in self.arrays:
            self.arrays[name] = self._made(name)
        return self.arrays[name]

    def holds(self, condition: str) -> npt.NDArray[np.bool_]:
        """Whether an SQL condition over the log's columns, never null, holds for each event, `(n_events,)`.

        Asked for once, the answer is kept beside each segment.
        """
        found = [one.kept(condition, partial(self._values, one, condition)) for one in self.segments]
        return found[0] if self._is_plain else self._in_order(found, np.bool_)

    def values(self, expression: str) -> npt.NDArray[np.object_]:
        """What an SQL expression over the log's columns gives for each event, `(n_events,)`."""
        return self._in_order([self._values(one, expression) for one in self.segments], np.object_)

    def _values(self, segment: Segment, expression: str) -> Array:
        with reading() as con:
            query = f"SELECT {expression} AS value FROM ({self.log.files_sql([segment.path])})"
            column = con.sql(query).to_arrow_table()["value"].to_numpy()
        values: Array = column[segment.array("rows")]
        return values

    @cached_property
    def _is_plain(self) -> bool:
        """Whether a single segment has all rows, in the wanted order."""
        if len(self.segments) != 1:
            return False
        names = self.segments[0].names
        return (names["numbers"], names["categories"]) == (list(self.names.numbers), list(self.names.rows))

    @cached_property
    def _joined(self) -> Joined:
        return joined(self.segments)

    def _in_order(self, parts: Sequence[Array], dtype: type[np.generic]) -> Array:
        """An array from those of the segments."""
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([np.empty(0, dtype), *parts])[self._joined.order]

    def _made(self, name: str) -> Array:
        segments, names = self.segments, self.names
        if name == "offsets":
            return self._joined.offsets
        if name == "types":
            types = [_recoded(one.array("types"), one.names["types"], names.types) for one in segments]
            return self._in_order(types, np.int32)
        if name == "numbers":
            numbers = [self._in_order([one.number(row) for one in segments], np.int64) for row in names.numbers]
            return _stacked(numbers, len(self._joined.order), np.int64)
        if name == "codes":
            coded = zip(names.rows, names.texts, strict=True)
            codes = [[_recoded(one.code(row), one.texts(row), own) for one in segments] for row, own in coded]
            return _stacked([self._in_order(row, np.int32) for row in codes], len(self._joined.order), np.int32)
        return self._in_order([one.array(name) for one in segments], np.int64)


def sweep(log: EventLog) -> None:
    """Remove what was laid out for files that are no longer published. Only under the store's lock."""
    for folder in unpublished(log):
        shutil.rmtree(folder, ignore_errors=True)


def unpublished(log: EventLog) -> list[Path]:
    """The folders that were laid out for files that are no longer published."""
    kept = {path.stem for bucket in range(log.buckets) for path in log.files(bucket)}
    found = sorted((log.store.root / FOLDER).glob("bucket=*/*"))
    return [folder for folder in found if folder.name.rpartition(".")[0] not in kept]


def _lacking(log: EventLog, segments: Sequence[Segment]) -> dict[str, frozenset[str]]:
    """Of each property the types of which some event lacks it, in any segment."""
    found = {
        name: frozenset(type_ for one in segments for type_ in one.names["lacking"].get(name, one.names["types"]))
        for name in log.properties
    }
    return {**dict.fromkeys(_OF_TIME.values(), frozenset[str]()), **found}


def _together(texts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """All texts, each once, those of earlier segments first."""
    return tuple(dict.fromkeys(text for one in texts for text in one))


def _recoded(codes: Array, texts: Sequence[str], own: Sequence[str]) -> Array:
    """Codes of these texts as codes of one's own; -1 stays."""
    place = {text: code for code, text in enumerate(own)}
    return np.array([*(place[text] for text in texts), -1], np.int32)[codes]


def _stacked(rows: Sequence[Array], n_events: int, dtype: type[np.generic]) -> Array:
    return np.stack(rows) if rows else np.empty((0, n_events), dtype)
