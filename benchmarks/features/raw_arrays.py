"""From an unsorted Parquet file to arrays by user and time, as a user of the library without a store would."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .world import CATEGORIES, CHANNELS, START, TYPES

TEXTS = ["user_id", "event_type", "category", "channel"]
COLUMNS = [*TEXTS, "event_time", "amount"]


@dataclass(frozen=True)
class Arrays:
    """Events by user and time: those of user i are `offsets[i]:offsets[i + 1]`; codes are category and channel."""

    offsets: np.ndarray
    seconds: np.ndarray
    types: np.ndarray
    amounts: np.ndarray
    codes: np.ndarray


def read_columns(path: Path) -> pa.Table:
    """The columns that the work needs, decoded; texts as codes into a dictionary, which costs least."""
    return pq.read_table(path, columns=COLUMNS, read_dictionary=TEXTS)


def read_by_user(path: Path, n_parts: int) -> list[Arrays]:
    """The file's events in so many parts of about as many events, each sorted by user and time."""
    table = read_columns(path).unify_dictionaries()
    users = np.concatenate([chunk.indices.to_numpy() for chunk in table["user_id"].chunks])
    seconds = (table["event_time"].to_numpy().view(np.int64) // 1_000_000 - START).astype(np.int32)
    packed = _packed(table)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(users))])
    bounds = np.searchsorted(offsets, np.linspace(0, offsets[-1], n_parts + 1))
    with ThreadPoolExecutor(n_parts) as pool:
        part = partial(_part, users, seconds, packed, offsets)
        return list(pool.map(part, bounds[:-1], bounds[1:]))


def _packed(table: pa.Table) -> np.ndarray:
    """What moves with an event, in one number: amount, type, category, channel."""
    packed = np.rint(table["amount"].to_numpy() * 100).astype(np.int64)
    for name, texts in (("event_type", TYPES), ("category", CATEGORIES), ("channel", CHANNELS)):
        packed = packed * 256 + _codes(table[name], texts)
    return packed


def _codes(column: pa.ChunkedArray, texts: Sequence[str]) -> np.ndarray:
    places = pc.index_in(column.chunk(0).dictionary, pa.array(texts)).to_numpy(zero_copy_only=False)
    return places[np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])].astype(np.int64)


def _part(
    users: np.ndarray, seconds: np.ndarray, packed: np.ndarray, offsets: np.ndarray, first: int, last: int
) -> Arrays:
    here = offsets[first : last + 1] - offsets[first]
    times, moved = _by_user(users, seconds, packed, here, first)
    codes = np.stack([moved >> 8 & 255, moved & 255]).astype(np.int32)
    types = (moved >> 16 & 255).astype(np.int32)
    return Arrays(here, times.astype(np.int64) + START, types, moved >> 24, codes)


@numba.njit(nogil=True, cache=True)
def _by_user(users, seconds, packed, offsets, first):  # type: ignore[no-untyped-def]
    """A counting sort by user, then each user's few events by time."""
    n_users = len(offsets) - 1
    place = offsets[:-1].copy()
    times, moved = np.empty(offsets[-1], np.int32), np.empty(offsets[-1], np.int64)
    for event in range(len(users)):
        user = users[event] - first
        if 0 <= user < n_users:
            times[place[user]], moved[place[user]] = seconds[event], packed[event]
            place[user] += 1
    for user in range(n_users):
        start, end = offsets[user], offsets[user + 1]
        order = np.argsort(times[start:end], kind="mergesort")
        times[start:end], moved[start:end] = times[start:end][order], moved[start:end][order]
    return times, moved
