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
    with ThreadPoolExecutor(n_parts) as pool:
        batches = list(pool.map(partial(_row_group, path), range(pq.read_metadata(path).num_row_groups)))
        known = pa.concat_arrays([batch["user_id"].dictionary for batch in batches]).unique()
        columns = [np.concatenate(one) for one in zip(*pool.map(partial(_packed, known), batches), strict=True)]
        del batches
        offsets = np.concatenate([[0], np.cumsum(np.bincount(columns[0], minlength=len(known)))])
        bounds = np.searchsorted(offsets, np.linspace(0, offsets[-1], n_parts + 1))
        return list(pool.map(partial(_part, columns, offsets), bounds[:-1], bounds[1:]))


def _row_group(path: Path, number: int) -> pa.RecordBatch:
    with pq.ParquetFile(path, read_dictionary=TEXTS) as file:
        return file.read_row_group(number, COLUMNS, use_threads=False).combine_chunks().to_batches()[0]


def _packed(known: pa.Array, batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """User, second and, in one number, amount, type, category and channel of some events: what moves with each."""
    micros, cents = batch["event_time"].to_numpy().view(np.int64), batch["amount"].to_numpy()
    texts = {"event_type": TYPES, "category": CATEGORIES, "channel": CHANNELS}
    codes = [_codes(batch[name], pa.array(one)) for name, one in texts.items()]
    return _codes(batch["user_id"], known), *_in_one(micros, cents, *codes)


def _codes(column: pa.DictionaryArray, texts: pa.Array) -> np.ndarray:
    """The place of each value among the texts."""
    places = pc.index_in(column.dictionary, texts).to_numpy(zero_copy_only=False)
    return places.astype(np.int32)[column.indices.to_numpy()]


@numba.njit(nogil=True, cache=True)
def _in_one(micros, amounts, types, categories, channels):  # type: ignore[no-untyped-def]
    seconds, packed = np.empty(len(micros), np.int32), np.empty(len(micros), np.int64)
    for event in range(len(micros)):
        seconds[event] = micros[event] // 1_000_000 - START
        cents = np.int64(np.rint(amounts[event] * 100))
        packed[event] = cents << 24 | types[event] << 16 | categories[event] << 8 | channels[event]
    return seconds, packed


def _part(columns: Sequence[np.ndarray], offsets: np.ndarray, first: int, last: int) -> Arrays:
    here = offsets[first : last + 1] - offsets[first]
    return Arrays(here, *_by_user(*columns, here, first))


@numba.njit(nogil=True, cache=True)
def _by_user(users, seconds, packed, offsets, first):  # type: ignore[no-untyped-def]
    """A counting sort by user, then each user's few events by time, and taken apart again."""
    n_users, n_events = len(offsets) - 1, offsets[-1]
    place = offsets[:-1].copy()
    times, moved = np.empty(n_events, np.int32), np.empty(n_events, np.int64)
    for event in range(len(users)):
        user = users[event] - first
        if 0 <= user < n_users:
            times[place[user]], moved[place[user]] = seconds[event], packed[event]
            place[user] += 1
    found, amounts = np.empty(n_events, np.int64), np.empty(n_events, np.int64)
    types, codes = np.empty(n_events, np.int32), np.empty((2, n_events), np.int32)
    for user in range(n_users):
        start = offsets[user]
        for to, event in enumerate(start + np.argsort(times[start : offsets[user + 1]], kind="mergesort"), start):
            found[to], amounts[to] = times[event] + START, moved[event] >> 24
            types[to] = moved[event] >> 16 & 255
            codes[0, to], codes[1, to] = moved[event] >> 8 & 255, moved[event] & 255
    return found, types, amounts, codes
