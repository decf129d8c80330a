"""Progress as its watcher wants it: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

__all__ = ["Bar", "Lines", "watcher"]


class Bar:
    """A bar with time left, on a terminal."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("[dim]{task.fields[note]}"),
        )
        self._progress = Progress(*columns, console=console, transient=False)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def start(self, task: str, total: int) -> None:
        """A new bar below the finished one."""
        if self._task is not None:
            self._progress.update(self._task, note="")
        self._task = self._progress.add_task(task, total=total, note="")

    def step(self, note: str = "") -> None:
        """The bar moves."""
        if self._task is not None:
            self._progress.update(self._task, advance=1, note=note)

    def say(self, sentence: str) -> None:
        """The sentence stands above the bars."""
        self._progress.console.print(sentence, highlight=False)


class Lines:
    """A line when a task begins and at each quarter of it, with time left, for logs."""

    def __init__(self, console: Console, clock: Callable[[], float] = monotonic) -> None:
        self._console, self._clock = console, clock
        self._task, self._total, self._done, self._started = "", 0, 0, 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing to put away."""

    def start(self, task: str, total: int) -> None:
        """The task's name on a line of its own."""
        self._task, self._total, self._done, self._started = task, total, 0, self._clock()
        self.say(task)

    def step(self, note: str = "") -> None:
        """A line at each quarter."""
        before, self._done = self._done, self._done + 1
        if self._total > 1 and 4 * before // self._total < 4 * self._done // self._total:
            told = (f"{self._task}: {self._done} of {self._total}", note, self._left())
            self.say(", ".join(part for part in told if part))

    def say(self, sentence: str) -> None:
        """The sentence on a line of its own."""
        self._console.print(sentence, highlight=False, soft_wrap=True)

    def _left(self) -> str:
        """How long the rest will take if it goes on like this; nothing where that is less than a second."""
        seconds = round((self._clock() - self._started) / self._done * (self._total - self._done))
        if seconds < 120:
            return f"{seconds} s left" if seconds else ""
        return f"{seconds // 60} min left"


def watcher(console: Console) -> Bar | Lines:
    """A bar where somebody looks, lines where nobody does."""
    return Bar(console) if console.is_terminal else Lines(console)
