"""What brings buckets to a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

__all__ = ["Engine"]

T = TypeVar("T")


class Engine(Protocol):
    """A machine, or many; whichever it is, the function is the same and so are the bits."""

    def each_bucket(self, n_buckets: int, work: Callable[[int], T]) -> Iterator[T]:
        """What `work` makes of each bucket, in bucket order.

        Args:
            work: may be sent to other machines, so what it holds is picklable and small: the log, not its arrays.
        """
