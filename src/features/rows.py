"""Who is judged when: the rows of a snapshot or dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["Rows"]


@dataclass(frozen=True)
class Rows:
    """One row per (user, cutoff) or per (user, trigger event), sorted by user, cutoff, trigger.

    `user` (n_rows,) int32 indexes the bucket's users; `cutoff` (n_rows,) int64 is in seconds.
    At triggers, `trigger` (n_rows,) int64 is the position of the trigger event in the bucket's
    arrays, else None. `known` holds the trigger's declared properties: name -> float64 (n_rows,)
    for numbers, or object (n_rows,) of texts and None for categories.
    """

    user: npt.NDArray[np.int32]
    cutoff: npt.NDArray[np.int64]
    trigger: npt.NDArray[np.int64] | None = None
    known: Mapping[str, npt.NDArray[np.float64] | npt.NDArray[np.object_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.user)

    def at(self, places: npt.NDArray[np.intp]) -> Rows:
        """The rows at these places, in their order."""
        known = {name: values[places] for name, values in self.known.items()}
        return Rows(
            self.user[places], self.cutoff[places], None if self.trigger is None else self.trigger[places], known
        )
