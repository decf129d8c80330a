"""The segments of a bucket as one: whose events go where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engines.duck import read_parquet, reading
from ..timeline import MICROS
from .segments import Segment

__all__ = ["Joined", "joined"]

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]


class Joined(NamedTuple):
    """The users of all segments, sorted, and where the events of each begin; `order` (n_events,) takes events from
    the segments, one behind the other, to where they belong.
    """

    users: pa.LargeStringArray
    offsets: Ints
    order: Ints


def joined(segments: Sequence[Segment]) -> Joined:
    """The segments joined, events of a user by known time, source rank and event id.

    Segments are made one after another, so for nearly every user it is enough to put one behind the other; only where
    an event came late are a user's events sorted.
    """
    users = pc.unique(pa.chunked_array([one.users for one in segments], pa.large_string()))
    users = users.take(pc.sort_indices(users))
    places = [pc.index_in(one.users, value_set=users).to_numpy().astype(np.int64) for one in segments]
    counts = np.zeros((len(segments), len(users)), np.int64)
    for segment, place, count in zip(segments, places, counts, strict=True):
        count[place] = np.diff(segment.array("offsets"))
    offsets = np.concatenate([[0], np.cumsum(counts.sum(axis=0))]).astype(np.int64)
    starts = offsets[:-1] + np.cumsum(counts, axis=0) - counts
    order = np.empty(offsets[-1], np.int64)
    done = 0
    for segment, place, start in zip(segments, places, starts, strict=True):
        own = segment.array("offsets")
        among = np.arange(own[-1])
        order[np.repeat(start[place] - own[:-1], np.diff(own)) + among] = done + among
        done += len(among)
    _sort_late(segments, np.flatnonzero(_mixed(segments, places, len(users))), offsets, order)
    return Joined(users, offsets, order)


def _mixed(segments: Sequence[Segment], places: Sequence[Ints], n_users: int) -> npt.NDArray[np.bool_]:
    """Whether an event of a user was known no later than one of theirs in a segment before, `(n_users,)`."""
    mixed, latest = np.zeros(n_users, np.bool_), np.full(n_users, np.iinfo(np.int64).min)
    for segment, place in zip(segments, places, strict=True):
        offsets, seconds = segment.array("offsets"), segment.array("seconds")
        mixed[place] |= seconds[offsets[:-1]] <= latest[place]
        latest[place] = np.maximum(latest[place], seconds[offsets[1:] - 1])
    return mixed


def _sort_late(segments: Sequence[Segment], users: Ints, offsets: Ints, order: Ints) -> None:
    """Put the events of these users in order, in place."""
    counts = offsets[users + 1] - offsets[users]
    among = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    positions, user = np.repeat(offsets[users], counts) + among, np.repeat(users, counts)
    events = order[positions]
    known = _gathered(segments, "seconds", events) * MICROS + _gathered(segments, "fractions", events)
    at_once = np.lexsort((known, user))
    tied = np.zeros(len(events), np.bool_)
    again = (np.diff(known[at_once]) == 0) & (np.diff(user[at_once]) == 0)
    tied[at_once[1:][again]] = tied[at_once[:-1][again]] = True
    ranks, ids = _tie_breakers(segments, events, tied)
    order[positions] = events[np.lexsort((ids, ranks, known, user))]


def _tie_breakers(segments: Sequence[Segment], events: Ints, tied: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """The source rank of tied events and the place of their ids among each other; these are in the files only."""
    ranks, texts = np.zeros(len(events), np.int64), np.full(len(events), "", dtype=object)
    for number, mine in enumerate(_by_segment(segments, events)):
        chosen = mine[tied[mine]]
        if len(chosen):
            rows = segments[number].array("rows")[events[chosen] - _begin(segments, number)]
            ranks[chosen], texts[chosen] = _read(segments[number], rows)
    return ranks, np.unique(texts.astype(str), return_inverse=True)[1]


def _read(segment: Segment, rows: Array) -> tuple[Array, Array]:
    """The source ranks and event ids of some rows of a segment's file."""
    with reading() as con:
        con.register("wanted", pa.table({"row": pa.array(rows, pa.int64()), "place": np.arange(len(rows))}))
        file = read_parquet([segment.path], "file_row_number = true")
        found = con.sql(f"""
            SELECT source_rank, event_id FROM wanted JOIN {file} AS file ON file.file_row_number = wanted.row
            ORDER BY place
        """).to_arrow_table()
    return found["source_rank"].to_numpy(), found["event_id"].to_numpy()


def _gathered(segments: Sequence[Segment], name: str, events: Ints) -> Ints:
    """What an array of the segments says of some events."""
    found = np.empty(len(events), np.int64)
    for number, mine in enumerate(_by_segment(segments, events)):
        found[mine] = segments[number].array(name)[events[mine] - _begin(segments, number)]
    return found


def _by_segment(segments: Sequence[Segment], events: Ints) -> list[Ints]:
    """For each segment, which of the events are its."""
    ends = np.cumsum([len(one.array("seconds")) for one in segments])
    owner = np.searchsorted(ends, events, side="right")
    return [np.flatnonzero(owner == number) for number in range(len(segments))]


def _begin(segments: Sequence[Segment], number: int) -> int:
    return sum(len(one.array("seconds")) for one in segments[:number])
