"""What every system computes: the same windows of the same events, and one checksum for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .world import CATEGORIES, CHANNELS, DAY, END, TYPES

AMOUNTS = ("sum", "mean", "min", "max")

Part = Mapping[str, Any]
"""Some of the rows: for each feature its values, as whatever kind of array a system gives."""
Run = Callable[[], Iterator[Part]]


@dataclass(frozen=True)
class Shape:
    """Which features there are: for each window, in days, the eight counts, four amounts and these besides."""

    windows: tuple[int, ...]
    active_days: bool = True
    categories: tuple[str, ...] = CATEGORIES
    channels: tuple[str, ...] = CHANNELS

    def of_window(self, days: int) -> list[str]:
        """The features of one window."""
        return [
            *(f"{one}_count_{days}d" for one in TYPES),
            *(f"spend_{one}_{days}d" for one in AMOUNTS),
            *([f"buy_active_days_{days}d"] * self.active_days),
            *(f"spend_{one}_{days}d" for one in self.categories),
            *(f"buy_{one}_{days}d" for one in self.channels),
        ]


USUAL = 152
PLAIN = 48
SHAPES = {
    30: Shape((28,), categories=CATEGORIES[:12]),
    PLAIN: Shape((7, 28, 84, 365), active_days=False, categories=(), channels=()),
    USUAL: Shape((7, 28, 84, 365)),
    300: Shape((7, 14, 21, 28, 42, 56, 84, 126, 182, 365), categories=CATEGORIES[:12]),
}
"""The works by their number of features; the plain ones are those that every system can express."""


@dataclass(frozen=True, order=True)
class Work:
    """So many features for each user who was seen before each of so many monthly cutoffs, the last at the log's end."""

    n_events: int
    n_cutoffs: int = 1
    n_features: int = USUAL

    @property
    def n_users(self) -> int:
        """How many users the log is about, if all are ever seen."""
        return self.n_events // 100

    @property
    def name(self) -> str:
        """What tables call it."""
        cutoffs = f"{self.n_cutoffs} cutoff{'s' * (self.n_cutoffs > 1)}"
        return f"{short(self.n_events)} events, {cutoffs}, {self.n_features} features"

    @property
    def cutoffs(self) -> list[int]:
        """The cutoffs in seconds, oldest first."""
        return [END - 30 * DAY * back for back in range(self.n_cutoffs)][::-1]

    @property
    def shape(self) -> Shape:
        """Which features there are."""
        return SHAPES[self.n_features]

    @property
    def columns(self) -> list[str]:
        """All features, in the order in which the checksum weighs them."""
        return [name for days in self.shape.windows for name in self.shape.of_window(days)]

    @property
    def zero_when_empty(self) -> list[str]:
        """The features that are zero, not missing, where there are no events."""
        undefined = tuple(f"spend_{one}_" for one in ("mean", "min", "max"))
        return [name for name in self.columns if not name.startswith(undefined)]


def short(n_events: int) -> str:
    """A number of events as tables and folders have it."""
    return f"{n_events // 1_000_000}M" if n_events >= 1_000_000 else f"{n_events // 1_000}k"


def checksum(part: Part, columns: Sequence[str]) -> tuple[int, float]:
    """How many rows there are, and a number that the order of rows does not change, but any wrong cell does.

    A row's cells, each weighed by its column and -1 where missing, are summed; the roots of these sums are summed, so
    that users with few events count, and cells must stand in the right row. Parts add up.
    """
    weighed = np.zeros(len(part[columns[0]]))
    for place, name in enumerate(columns, 1):
        column = np.asarray(part[name], np.float64)
        weighed += (1 + place / len(columns)) * np.where(np.isnan(column), -1, column)
    return len(weighed), float(np.sqrt(np.abs(weighed)).sum())
