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
N_CATEGORIES, N_CHANNELS = 20, 5


def write_events(path: Path, n_events: int, n_users: int, seed: int = 7) -> None:
    """An unsorted Parquet file of the log; the same numbers give the same file."""
    random = np.random.default_rng(seed)
    activity = random.pareto(1.2, n_users) + 0.3
    users = random.choice(n_users, n_events, p=activity / activity.sum())
    seconds = random.integers(START, END, n_events)
    types = random.choice(len(TYPES), n_events, p=[0.25, 0.3, 0.1, 0.1, 0.1, 0.05, 0.07, 0.03])
    cents = np.minimum(random.lognormal(7, 1, n_events), 1e7).astype(np.int64)
    columns = {
        "user_id": pa.array([f"u{number:07}" for number in range(n_users)]).take(pa.array(users)),
        "event_time": pa.array(seconds * 1_000_000, pa.timestamp("us")),
        "event_type": pa.array(TYPES).take(pa.array(types)),
        "event_id": pa.array(np.arange(n_events)),
        "amount": pa.array(cents / 100.0),
        "category": pa.array([f"c{n:02}" for n in range(N_CATEGORIES)]).take(
            pa.array(_skewed(random, N_CATEGORIES, n_events))
        ),
        "channel": pa.array([f"ch{n}" for n in range(N_CHANNELS)]).take(
            pa.array(_skewed(random, N_CHANNELS, n_events))
        ),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=1_000_000)


def _skewed(random: np.random.Generator, n_values: int, n_events: int) -> np.ndarray:
    weights = 1 / np.arange(1, n_values + 1)
    return random.choice(n_values, n_events, p=weights / weights.sum())
