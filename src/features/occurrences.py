"""When something happened to whom, arranged so that any stretch of time is found at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from .kernel_spans import first_from

__all__ = ["Occurrences"]

Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Occurrences:
    """Events sorted by group, then time; a group is a user, or a user with a property's value.

    `order` (n_events,) are the positions of the given events in that order, and `times` (n_events,) theirs. `groups`
    are the distinct ones that occur; those of group g are `bounds[g]:bounds[g + 1]`.
    """

    order: Positions
    times: Ints
    groups: Ints
    bounds: Ints

    @classmethod
    def of(cls, groups: Ints, times: Ints) -> Self:
        """The occurrences of events given by group and time, both `(n_events,)` and in any order."""
        order = np.arange(len(times)) if _is_sorted(groups, times) else np.lexsort((times, groups))
        groups, times = groups[order], np.ascontiguousarray(times[order])
        begins = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1))
        return cls(order, times, groups[begins], np.append(begins, len(groups)))

    def between(self, groups: Ints, starts: Ints, ends: Ints) -> tuple[Positions, Positions]:
        """For each asked group, `(n,)`, the half-open stretch of `order` that lies in `[start, end)`.

        >>> happened = Occurrences.of(np.array([7, 7, 9]), np.array([10, 20, 15]))
        >>> first, last = happened.between(np.array([7, 8]), np.array([10, 10]), np.array([20, 20]))
        >>> (last - first).tolist()
        [1, 0]
        """
        place = np.searchsorted(self.groups, groups)
        known = np.append(self.groups, -1)[place] == groups if len(self.groups) else np.zeros(len(groups), np.bool_)
        lows = np.where(known, self.bounds[np.minimum(place, len(self.groups))], 0)
        highs = np.where(known, self.bounds[np.minimum(place + 1, len(self.groups))], 0)
        first = first_from(self.times, lows, highs, starts)
        return first, np.maximum(first_from(self.times, lows, highs, ends), first)


def _is_sorted(groups: Ints, times: Ints) -> bool:
    same, later = groups[1:] == groups[:-1], times[1:] >= times[:-1]
    return bool(((groups[1:] > groups[:-1]) | (same & later)).all())
