"""What a sink is: it takes a parcel, and when it returns the destination holds what the parcel says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

__all__ = ["GONE", "Parcel", "Sink"]

GONE = ("left", "forgotten")
"""Changes after which a destination must not hold the user; all others say what it holds of the user now."""


@dataclass(frozen=True)
class Parcel:
    """Changes of an audience that reach a destination together, or not at all.

    `key` is the same whenever the same parcel is sent again, and no other parcel's. `changes` has `change` (added,
    updated, left or forgotten), `user_id` and what goes along, sorted by user, each user once. `members` has `user_id`
    and what goes along of all whom the destination holds once it took the last parcel. `is_whole` says that the changes
    tell of all of them, so that the destination keeps nobody else in this audience.
    """

    audience: str
    key: str
    changes: pa.Table
    members: pa.Table
    is_whole: bool

    @property
    def is_forgetting(self) -> bool:
        """Whether somebody is to be forgotten, in older versions too."""
        return "forgotten" in self.changes["change"].unique().to_pylist()


class Sink(Protocol):
    """Where audiences go."""

    @property
    def rows_at_once(self) -> int | None:
        """Changes in a parcel; None where all go in one."""

    def put(self, parcel: Parcel) -> None:
        """Bring the parcel to the destination; when this returns, it holds it, and the same parcel changes nothing.

        Raises:
            SinkError: the destination did not take it, or nobody knows whether it did.
            RefusedError: it cannot take such a parcel.
        """
