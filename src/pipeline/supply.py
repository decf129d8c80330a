"""How sources deliver: until when, and where days are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ..engines.duck import connect
from ..events.log import EventLog
from ..quantities import Duration
from ..timeline import DAY, MICROS, Span, shown
from .finding import Finding, counted, listed

__all__ = ["Supply", "about_sources", "day_of", "supplies"]

_ENOUGH_DAYS = 14
"""Days with events below which nobody can tell how often a source delivers."""
_DAILY = 3
"""Days from one delivery to the next at most of what is called daily: weekends are no gap."""
_SELDOM = 0.05
"""How often a source that is called daily may take longer, at most."""
_AROUND = 28
"""Days before and after a gap that tell what is missing in it."""
_SURELY = 10
"""Users who would have been seen in a gap, if nothing were missing, from which on it is no chance."""


@dataclass(frozen=True)
class Supply:
    """What a source delivered: its event types, until when, in seconds, and the days that are missing.

    `is_daily` tells whether it nearly always delivers every day, weekends aside; of others no day is missed. `holes`
    are whole days, too many to be chance, the longest first.
    """

    source: str
    event_types: frozenset[str]
    until: int
    is_daily: bool
    holes: tuple[Span, ...]

    def is_stale(self, now: int, most: Duration) -> bool:
        """Whether it ends longer before now, in seconds, than it may."""
        return self.until < now - most.seconds


def supplies(log: EventLog) -> list[Supply]:
    """The sources of the log by name, each with what it delivered."""
    return [_supply(log, source, users) for source, users in _days(log).items()]


def about_sources(supplied: Iterable[Supply], now: int, most: Duration) -> Iterator[Finding]:
    """What there is to say of each source: whether it is fresh at now, in seconds, and whether days are missing."""
    for one in supplied:
        subject, ends = f"source {one.source}", f"ends at {shown(one.until)}"
        daily = "; events nearly every day" if one.is_daily else "; it does not deliver daily, so no day is missed"
        if one.is_stale(now, most):
            late = f"{ends}, more than {most} before now ({shown(now)})"
            yield Finding("warning", subject, late, "ingest newer files; scoring what it feeds is refused")
        elif not one.holes:
            yield Finding("ok", subject, ends + daily)
        if one.holes:
            told = f"{ends}; daily, but without any event {listed([_said(hole) for hole in one.holes])}"
            yield Finding(
                "warning", subject, told, "ingest what is missing: these days count as if nobody did anything"
            )


def day_of(second: int) -> str:
    """The day of an instant, in UTC."""
    return shown(second)[:10]


def _days(log: EventLog) -> dict[str, dict[int, int]]:
    """How many users each source told of on each day that it has, in order, counted from 1970."""
    query = f"""
        SELECT source, epoch_us(event_time) // {DAY * MICROS} AS day, count(DISTINCT user_id)
        FROM ({log.events_sql()}) GROUP BY ALL ORDER BY ALL
    """
    found: dict[str, dict[int, int]] = {source: {} for source in sorted(log.watermarks)}
    with connect() as con:
        for source, day, users in con.sql(query).fetchall():
            found[source][day] = users
    return found


def _supply(log: EventLog, source: str, users: Mapping[int, int]) -> Supply:
    days = list(users)
    gaps = [Span((one + 1) * DAY, other * DAY) for one, other in pairwise(days) if other - one > _DAILY]
    is_daily = len(days) >= _ENOUGH_DAYS and len(gaps) <= _SELDOM * len(days)
    holes = [gap for gap in gaps if is_daily and _expected(gap, users) >= _SURELY]
    holes.sort(key=lambda hole: hole.start - hole.end)
    return Supply(source, frozenset(log.event_types[source]), log.watermarks[source], is_daily, tuple(holes))


def _expected(gap: Span, users: Mapping[int, int]) -> float:
    """How many users a day, summed over the gap, the four weeks before it or after it had, whichever had fewer."""
    first, last = gap.start // DAY, gap.end // DAY
    sides = [range(max(first - _AROUND, min(users)), first), range(last, min(last + _AROUND, max(users) + 1))]
    return (last - first) * min(sum(users.get(day, 0) for day in side) / len(side) for side in sides)


def _said(hole: Span) -> str:
    days = counted((hole.end - hole.start) // DAY, "day")
    return f"from {day_of(hole.start)} to {day_of(hole.end - 1)} ({days})"
