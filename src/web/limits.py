"""How many requests a client may send: a bucket of tokens for each, which fills at a steady pace."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["RateLimit"]

_MOST_CLIENTS = 10_000


class RateLimit:
    """A bucket for each client, as large as a minute's requests; the clients seen longest ago are forgotten."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, client: str) -> float:
        """Seconds after which the client may come again; 0 when this request is let through.

        >>> limit = RateLimit(2, clock=lambda: 0.0)
        >>> [limit.wait("ann") for _ in range(3)]
        [0.0, 0.0, 30.0]
        """
        with self._lock:
            now = self._clock()
            left, seen = self._buckets.pop(client, (self._size, now))
            left = min(self._size, left + (now - seen) * self._size / 60)
            is_let_through = left >= 1
            self._buckets[client] = (left - is_let_through, now)
            if len(self._buckets) > _MOST_CLIENTS:
                self._buckets.popitem(last=False)
            return 0.0 if is_let_through else (1 - left) * 60 / self._size
