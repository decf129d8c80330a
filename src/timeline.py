"""Instants, windows and the half-open rule: `[start, end)`, and an event at the cutoff is the future.

The event log keeps microseconds; cutoffs, windows and horizons are whole seconds. An event is
placed at its floored second, so `floor(event) < cutoff` is the one test of "before".
All instants are UTC; as numbers they count from 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from .quantities import Duration

__all__ = ["DAY", "MICROS", "Clock", "FixedClock", "Span", "WallClock", "calendar", "instant", "label_span", "shown"]

DAY = 86_400
"""Seconds in a day."""
MICROS = 1_000_000
"""Microseconds in a second."""


@dataclass(frozen=True)
class Span:
    """The half-open stretch of time `[start, end)`, in seconds."""

    start: int
    end: int

    def holds(self, second: int) -> bool:
        """Whether an event in that floored second lies inside.

        >>> Span(10, 20).holds(10), Span(10, 20).holds(20)
        (True, False)
        """
        return self.start <= second < self.end


def label_span(cutoff: int, gap: Duration, horizon: Duration) -> Span:
    """Where a label looks: `[cutoff + gap, cutoff + gap + horizon)`, in seconds."""
    start = cutoff + gap.seconds
    return Span(start, start + horizon.seconds)


def calendar(first: int, last: int, every: Duration) -> list[int]:
    """The cutoffs `last`, `last - every`, … not before `first`, oldest first, in seconds.

    >>> calendar(0, 70, Duration(30))
    [10, 40, 70]
    """
    return list(range(last, first - 1, -every.seconds))[::-1]


def instant(text: str) -> int:
    """The UTC second that an ISO 8601 text names; a text without an offset is UTC.

    >>> instant("1970-01-02")
    86400
    >>> instant("1970-01-01T08:00:00+08:00")
    0

    Raises:
        ValueError: the text is not an ISO 8601 date or time.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is not an instant; write such as 2017-12-04 or 2017-12-04T06:00:00Z') from None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return int(aware.timestamp() // 1)


def shown(second: int) -> str:
    """The instant as Limner writes it everywhere.

    >>> shown(86400)
    '1970-01-02T00:00:00Z'
    """
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock(Protocol):
    """Where "now" comes from."""

    def now(self) -> int:
        """The present UTC second."""


class WallClock:
    """The clock on the wall."""

    def now(self) -> int:
        """The present UTC second."""
        return int(datetime.now(UTC).timestamp())


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still: for tests, replays and the clock `log`."""

    second: int

    def now(self) -> int:
        """The second it stands at."""
        return self.second
