"""What was found out once and holds as long as its key does, within bounds, for threads that ask at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

__all__ = ["Keeping"]

T = TypeVar("T")


class Keeping:
    """Answers by their keys; those asked for longest ago are forgotten first.

    Args:
        most: how much is kept.
        size: how much an answer counts; 1 when left out.
    """

    def __init__(self, most: int, size: Callable[[Any], int] = lambda _: 1) -> None:
        self._most, self._size, self._kept_size = most, size, 0
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What stands under the key, made by the first who asks while the others wait.

        What is made may ask for other keys, but not for its own.
        """
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return cast(T, self._kept[key])
                making = self._making.setdefault(key, Lock())
            with making:
                if self._making.get(key) is making:
                    return self._made(key, make)

    def _made(self, key: Hashable, make: Callable[[], T]) -> T:
        try:
            made = make()
            self._keep(key, made)
            return made
        finally:
            with self._lock:
                del self._making[key]

    def _keep(self, key: Hashable, made: object) -> None:
        size = self._size(made)
        if size > self._most:
            return
        with self._lock:
            self._kept[key] = made
            self._kept_size += size
            while self._kept_size > self._most:
                self._kept_size -= self._size(self._kept.popitem(last=False)[1])
