"""What one user did: found by halving among the users of a bucket, without reading what others did."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..engines.duck import reading
from ..timeline import DAY, MICROS
from .log import EventLog
from .segments import Segment
from .staging import bucket_of

__all__ = ["History", "history"]


@dataclass(frozen=True)
class History:
    """The events of one user, in no order: `micros` (n_events,) when each happened, `types` (n_events,) its type,
    which indexes `names`."""

    micros: npt.NDArray[np.int64]
    types: npt.NDArray[np.int64]
    names: tuple[str, ...]

    def by_type(self) -> list[tuple[str, int, int, int]]:
        """Of each event type how often it happened, and its first and last second; the most frequent first."""
        found = []
        for code, name in enumerate(self.names):
            seconds = self.micros[self.types == code] // MICROS
            if len(seconds):
                found.append((name, len(seconds), int(seconds.min()), int(seconds.max())))
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def by_day(self) -> list[tuple[int, str, int]]:
        """Of each day, counted from 1970, and each event type how often it happened, in that order."""
        keys = np.stack([self.micros // (DAY * MICROS), self.types])
        (days, types), counts = np.unique(keys, axis=1, return_counts=True)
        told = zip(days.tolist(), types.tolist(), counts.tolist(), strict=True)
        return sorted((day, self.names[type_], count) for day, type_, count in told)


def history(log: EventLog, user_id: str) -> History:
    """All that the log has of a user; nothing of whom it does not know.

    Raises:
        DamagedError: a file of the log is not what was written.
    """
    try:
        return _history(log, user_id)
    except FileNotFoundError:  # an ingestion swept a segment away just then; it is laid out anew
        return _history(log, user_id)


def _history(log: EventLog, user_id: str) -> History:
    with reading() as con:
        (bucket,) = con.execute(f"SELECT {bucket_of(log.buckets)} FROM (SELECT ? AS user_id)", [user_id]).fetchall()[0]
    segments = [Segment.of(log.store.root, path) for path in log.files(bucket)]
    names = tuple(dict.fromkeys(name for one in segments for name in one.names["types"]))
    micros, types = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for segment in segments:
        own = _events_of(user_id.encode(), segment)
        codes = np.array([names.index(name) for name in segment.names["types"]], np.int64)
        micros.append(segment.array("micros")[own])
        types.append(codes[segment.array("types")[own]])
    return History(np.concatenate(micros), np.concatenate(types), names)


def _events_of(user: bytes, segment: Segment) -> slice:
    """Where the events of the user stand in a segment, found by halving its users, who are sorted."""
    texts, ends = segment.array("user_text"), segment.array("user_ends")

    def name(place: int) -> bytes:
        return texts[ends[place] : ends[place + 1]].tobytes()

    users = range(len(ends) - 1)
    place = bisect_left(users, user, key=name)
    if place == len(users) or name(place) != user:
        return slice(0)
    return slice(*segment.array("offsets")[place : place + 2])
