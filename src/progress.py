"""How long work tells its watcher where it is, without knowing who watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import Protocol, TypeVar

__all__ = ["Progress", "Silent", "tracked"]

T = TypeVar("T")


class Progress(Protocol):
    """A watcher of long work: a bar on a terminal, plain lines in a log, or nobody."""

    def start(self, task: str, total: int) -> None:
        """Begin a task of `total` steps; it ends the one before."""

    def step(self, note: str = "") -> None:
        """One step of the task is done."""

    def say(self, sentence: str) -> None:
        """Something worth a line happened."""


class Silent:
    """Nobody watches."""

    def start(self, task: str, total: int) -> None:
        """Ignore it."""

    def step(self, note: str = "") -> None:
        """Ignore it."""

    def say(self, sentence: str) -> None:
        """Ignore it."""


def tracked(
    items: Iterable[T], task: str, total: int, progress: Progress, rows: Callable[[T], int] | None = None
) -> Iterator[T]:
    """The items, one by one, each counted as a step of the task once it was used.

    Args:
        rows: how many rows an item holds, where the watcher is to be told how many there are in a second.
    """
    progress.start(task, total)
    started, done = monotonic(), 0
    for item in items:
        done += rows(item) if rows else 0
        yield item
        progress.step(f"{done / max(monotonic() - started, 1e-9):,.0f} rows/s" if rows else "")
