"""What every system computes: the same windows of the same events, and one checksum for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .world import DAY, END, N_CATEGORIES, N_CHANNELS, TYPES

WINDOWS = (7, 28, 84, 365)
"""Look-backs in days."""
AMOUNTS = ("sum", "mean", "min", "max")


@dataclass(frozen=True)
class Work:
    """So many features for each user who was seen before each of so many monthly cutoffs, the last at the log's end."""

    n_events: int
    n_users: int
    n_cutoffs: int
    windows: tuple[int, ...] = WINDOWS

    @property
    def name(self) -> str:
        """What tables call it."""
        cutoffs = f"{self.n_cutoffs} cutoff{'s' * (self.n_cutoffs > 1)}"
        return f"{self.n_events // 1_000_000}M events, {cutoffs}, {len(self.columns)} features"

    @property
    def cutoffs(self) -> list[int]:
        """The cutoffs in seconds, oldest first."""
        return [END - 30 * DAY * back for back in range(self.n_cutoffs)][::-1]

    @property
    def columns(self) -> list[str]:
        """The features, in the order in which every system gives them."""
        by_window = []
        for days in self.windows:
            by_window += [f"{one}_count_{days}d" for one in TYPES]
            by_window += [f"spend_{one}_{days}d" for one in AMOUNTS]
            by_window += [f"buy_active_days_{days}d"]
            by_window += [f"spend_c{n:02}_{days}d" for n in range(N_CATEGORIES)]
            by_window += [f"buy_ch{n}_{days}d" for n in range(N_CHANNELS)]
        return by_window


def checksum(found: np.ndarray) -> float:
    """The sum of all that is no NaN, in the order of nothing: the same for every system but for rounding."""
    return float(np.nansum(found.astype(np.float64)))
