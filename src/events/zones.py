"""Time zones as a table of stretches with one offset, for joining local times to instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

__all__ = ["Stretch", "stretches"]

_FIRST, _LAST = datetime(1970, 1, 1), datetime(2101, 1, 1)


@dataclass(frozen=True)
class Stretch:
    """A stretch of time in which a zone keeps one offset; all times naive.

    A local time belongs to the last stretch that `starts_local` at or before it, so an ambiguous time takes the
    later instant. A local time that would pass `ends_utc` does not exist: its first valid instant is `ends_utc`.
    Local times before `repeats_until` occur twice.
    """

    starts_local: datetime
    offset: timedelta
    ends_utc: datetime
    repeats_until: datetime


@cache
def stretches(zone: str) -> tuple[Stretch, ...]:
    """The stretches of an IANA zone from 1970 to 2100, oldest first."""
    offset_at = _offsets(ZoneInfo(zone))
    changes = [_FIRST, *_changes(offset_at), _LAST]
    found = []
    for start, end in pairwise(changes):
        offset, before = (
            offset_at(start),
            offset_at(start - timedelta(seconds=1)) if start > _FIRST else offset_at(start),
        )
        starts_local = start + offset if start > _FIRST else datetime(1, 1, 1)
        found.append(Stretch(starts_local, offset, end, start + max(offset, before)))
    return tuple(found)


class _offsets:  # noqa: N801 - reads as the function it is
    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def __call__(self, utc: datetime) -> timedelta:
        return utc.replace(tzinfo=UTC).astimezone(self._zone).utcoffset() or timedelta(0)


def _changes(offset_at: _offsets) -> list[datetime]:
    """The instants at which the offset changes, to the second; looked for day by day, then by halving."""
    found, early, before = [], _FIRST, offset_at(_FIRST)
    for day in range(1, (_LAST - _FIRST).days + 1):
        late = _FIRST + timedelta(days=day)
        after = offset_at(late)
        while before != after:
            low, high = early, late
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if offset_at(middle) == before else (low, middle)
            found.append(high)
            early, before = high, offset_at(high)
        early = late
    return found
