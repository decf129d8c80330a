"""One machine: threads over buckets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["LocalEngine", "in_order"]

T = TypeVar("T")


@dataclass(frozen=True)
class LocalEngine:
    """This machine, with at most `threads` buckets at a time.

    >>> list(LocalEngine(threads=2).each_bucket(3, lambda bucket: bucket * 10))
    [0, 10, 20]
    """

    threads: int = 1

    def each_bucket(self, n_buckets: int, work: Callable[[int], T]) -> Iterator[T]:
        """What `work` makes of each bucket, in bucket order."""
        if self.threads == 1:
            yield from map(work, range(n_buckets))
            return
        with ThreadPoolExecutor(self.threads) as pool:
            yield from in_order(pool, n_buckets, work, lambda: self.threads)


def in_order(pool: Executor, n_buckets: int, work: Callable[[int], T], most_ahead: Callable[[], int]) -> Iterator[T]:
    """What `work` makes of each bucket, in bucket order, computed ahead by as many buckets as are allowed just then."""
    ahead: deque[Future[T]] = deque()
    for bucket in range(n_buckets):
        ahead.append(pool.submit(work, bucket))
        if len(ahead) > most_ahead():
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()
