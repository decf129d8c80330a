"""The log that the benchmark is about: power-law users, eight types of events, twenty categories, five channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DAY = 86_400
YEARS = 2
START = 1_546_300_800
"""The second at which the log starts: 2019-01-01."""
END = START + YEARS * 365 * DAY
TYPES = ("buy", "view", "cart", "search", "login", "mail", "click", "return")
CATEGORIES = tuple(f"c{n:02}" for n in range(20))
CHANNELS = tuple(f"ch{n}" for n in range(5))
ROWS_TOGETHER = 1_000_000


def raw(folder: Path) -> Path:
    """The log as somebody would deliver it: unsorted, with texts and timestamps."""
    return folder / "events.parquet"


def by_user(folder: Path) -> Path:
    """The log as somebody would prepare it for such work: sorted by user and time, with the smallest types."""
    return folder / "by_user.parquet"


def write_events(folder: Path, n_events: int, n_users: int, seed: int = 7) -> None:
    """Write both files of the log; the same numbers give the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = _numbers(np.random.default_rng(seed), n_events, n_users)
    _write(raw(folder), _as_delivered(numbers, n_users))
    order = np.lexsort((numbers["s"], numbers["u"]))
    _write(by_user(folder), pa.table({name: array[order] for name, array in numbers.items()}))


def _numbers(random: np.random.Generator, n_events: int, n_users: int) -> dict[str, np.ndarray]:
    """User, second, type, amount in cents, category and channel of each event."""
    activity = random.pareto(1.2, n_users) + 0.3
    users = random.choice(n_users, n_events, p=activity / activity.sum())
    seconds = random.integers(START, END, n_events)
    types = random.choice(len(TYPES), n_events, p=[0.25, 0.3, 0.1, 0.1, 0.1, 0.05, 0.07, 0.03])
    cents = np.minimum(random.lognormal(7, 1, n_events), 1e7)
    return {
        "u": users.astype(np.int32),
        "s": seconds.astype(np.int32),
        "t": types.astype(np.int8),
        "a": cents.astype(np.int32),
        "c": _skewed(random, len(CATEGORIES), n_events),
        "h": _skewed(random, len(CHANNELS), n_events),
    }


def _as_delivered(numbers: dict[str, np.ndarray], n_users: int) -> pa.Table:
    def texts(values: tuple[str, ...], codes: np.ndarray) -> pa.Array:
        return pa.array(values).take(pa.array(codes))

    return pa.table(
        {
            "user_id": texts(tuple(f"u{number:07}" for number in range(n_users)), numbers["u"]),
            "event_time": pa.array(numbers["s"].astype(np.int64) * 1_000_000, pa.timestamp("us")),
            "event_type": texts(TYPES, numbers["t"]),
            "event_id": pa.array(np.arange(len(numbers["u"]))),
            "amount": pa.array(numbers["a"] / 100.0),
            "category": texts(CATEGORIES, numbers["c"]),
            "channel": texts(CHANNELS, numbers["h"]),
        }
    )


def _skewed(random: np.random.Generator, n_values: int, n_events: int) -> np.ndarray:
    weights = 1 / np.arange(1, n_values + 1)
    return random.choice(n_values, n_events, p=weights / weights.sum()).astype(np.int8)


def _write(path: Path, table: pa.Table) -> None:
    """Whole or not at all, so that what is there can be used."""
    fresh = path.with_suffix(".part")
    pq.write_table(table, fresh, compression="zstd", row_group_size=ROWS_TOGETHER)
    fresh.replace(path)
