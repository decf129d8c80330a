"""One machine: threads over buckets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["each_bucket"]

T = TypeVar("T")


def each_bucket(n_buckets: int, work: Callable[[int], T], threads: int = 1) -> Iterator[T]:
    """What `work` makes of each bucket, in bucket order, computed ahead by at most `threads` buckets.

    >>> list(each_bucket(3, lambda bucket: bucket * 10, threads=2))
    [0, 10, 20]
    """
    if threads == 1:
        yield from map(work, range(n_buckets))
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[T]] = deque()
        for bucket in range(n_buckets):
            ahead.append(pool.submit(work, bucket))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
