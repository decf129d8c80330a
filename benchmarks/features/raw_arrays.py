"""From an unsorted Parquet file to arrays by user and time, as a user of the library without a store would."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

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
    """The file's events in so many parts of about as many events, each sorted by user and time.

    A counting sort by user: as is known how many events of each user a row group has, each group has places of its own,
    and they are filled side by side.
    """
    with ThreadPoolExecutor(n_parts) as pool:
        batches = list(pool.map(partial(_row_group, path), range(pq.read_metadata(path).num_row_groups)))
        known = pa.concat_arrays([batch["user_id"].dictionary for batch in batches]).unique()
        groups = list(pool.map(partial(_packed, known), batches))
        del batches
        counts = np.stack(list(pool.map(lambda one: np.bincount(one.users, minlength=len(known)), groups)))
        offsets = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
        places = offsets[:-1] + np.cumsum(counts, axis=0) - counts
        events = np.empty(offsets[-1], np.int64)
        list(pool.map(lambda one, place: _put(*one, place, events), groups, places))
        del groups
        bounds = np.searchsorted(offsets, np.linspace(0, offsets[-1], n_parts + 1))
        return list(pool.map(partial(_part, events, offsets), bounds[:-1], bounds[1:]))


def _row_group(path: Path, number: int) -> pa.RecordBatch:
    with pq.ParquetFile(path, read_dictionary=TEXTS) as file:
        return file.read_row_group(number, COLUMNS, use_threads=False).combine_chunks().to_batches()[0]


class Group(NamedTuple):
    """Users and all else of some events, as one number that sorts by time: second, cents, type, category and channel in
    26, 26, 3, 5 and 3 bits, which is more than the world has of any."""

    users: np.ndarray
    events: np.ndarray


def _packed(known: pa.Array, batch: pa.RecordBatch) -> Group:
    micros, amounts = batch["event_time"].to_numpy().view(np.int64), batch["amount"].to_numpy()
    texts = {"event_type": TYPES, "category": CATEGORIES, "channel": CHANNELS}
    codes = [_codes(batch[name], pa.array(one)) for name, one in texts.items()]
    return Group(_codes(batch["user_id"], known), _in_one(micros, amounts, *codes))


def _codes(column: pa.DictionaryArray, texts: pa.Array) -> np.ndarray:
    """The place of each value among the texts."""
    places = pc.index_in(column.dictionary, texts).to_numpy(zero_copy_only=False)
    return places.astype(np.int32)[column.indices.to_numpy()]


@numba.njit(nogil=True, cache=True)
def _in_one(micros, amounts, types, categories, channels):  # type: ignore[no-untyped-def]
    packed = np.empty(len(micros), np.int64)
    for event in range(len(micros)):
        second, cents = micros[event] // 1_000_000 - START, np.int64(np.rint(amounts[event] * 100))
        packed[event] = second << 37 | cents << 11 | types[event] << 8 | categories[event] << 3 | channels[event]
    return packed


@numba.njit(nogil=True, cache=True)
def _put(users, packed, places, events):  # type: ignore[no-untyped-def]
    for event in range(len(users)):
        user = users[event]
        events[places[user]] = packed[event]
        places[user] += 1


def _part(events: np.ndarray, offsets: np.ndarray, first: int, last: int) -> Arrays:
    here = offsets[first : last + 1] - offsets[first]
    return Arrays(here, *_in_order(events[offsets[first] : offsets[last]], here))


@numba.njit(nogil=True, cache=True)
def _in_order(events, offsets):  # type: ignore[no-untyped-def]
    """Each user's few events by time, and taken apart again."""
    seconds, amounts = np.empty(len(events), np.int64), np.empty(len(events), np.int64)
    types, codes = np.empty(len(events), np.int32), np.empty((2, len(events)), np.int32)
    for user in range(len(offsets) - 1):
        events[offsets[user] : offsets[user + 1]].sort()
    for event in range(len(events)):
        one = events[event]
        seconds[event], amounts[event] = (one >> 37) + START, one >> 11 & 0x3FFFFFF
        types[event], codes[0, event], codes[1, event] = one >> 8 & 7, one >> 3 & 31, one & 7
    return seconds, types, amounts, codes
