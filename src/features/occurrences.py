"""When something happened to whom, arranged so that any stretch of time is found at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

__all__ = ["Occurrences"]

Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Occurrences:
    """Events sorted by group, then time; a group is a user, or a user with a property's value.

    `order` (n_events,) are the positions of the given events in that order, and `keys` (n_events,) rise
    with it; `groups` and `times` are the distinct ones that occur.
    """

    order: Positions
    keys: Ints
    groups: Ints
    times: Ints

    @classmethod
    def of(cls, groups: Ints, times: Ints) -> Self:
        """The occurrences of events given by group and time, both `(n_events,)` and in any order."""
        order = np.lexsort((times, groups))
        seen_groups, seen_times = np.unique(groups), np.unique(times)
        place = np.searchsorted(seen_groups, groups[order]) * (len(seen_times) + 1)
        return cls(order, place + np.searchsorted(seen_times, times[order]), seen_groups, seen_times)

    def between(self, groups: Ints, starts: Ints, ends: Ints) -> tuple[Positions, Positions]:
        """For each asked group, `(n,)`, the half-open stretch of `order` that lies in `[start, end)`.

        >>> happened = Occurrences.of(np.array([7, 7, 9]), np.array([10, 20, 15]))
        >>> first, last = happened.between(np.array([7, 8]), np.array([10, 10]), np.array([20, 20]))
        >>> (last - first).tolist()
        [1, 0]
        """
        first = self._first_from(groups, starts)
        last = np.maximum(self._first_from(groups, ends), first)
        return first, np.where(np.isin(groups, self.groups), last, first)

    def _first_from(self, groups: Ints, bounds: Ints) -> Positions:
        place = np.searchsorted(self.groups, groups) * (len(self.times) + 1)
        return np.searchsorted(self.keys, place + np.searchsorted(self.times, bounds))
