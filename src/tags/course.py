"""What a user did and how their scores moved: the timeline and the trend beside a portrait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from ..engines.duck import literal, reading
from ..engines.store import Store
from ..events.history import history
from ..events.log import EventLog
from ..timeline import DAY, shown
from .published import files_of, published

__all__ = ["Course", "Done", "Point", "course"]

_INSTANTS = 30
_DAYS = 14
_BINS = 52


@dataclass(frozen=True)
class Point:
    """A prediction at one instant; `version` is that of the model, for scores of two cannot be compared."""

    as_of: str
    probability: float
    tier: str | None
    version: str | None


@dataclass(frozen=True)
class Done:
    """How often a user did something on one day."""

    day: str
    event: str
    times: int


@dataclass(frozen=True)
class Course:
    """A user's course: `trends` by tag, oldest first; `weeks` counts by event type, a number for each week up to the
    end of the log; `recent` the days they last did something, newest first."""

    until: str
    trends: dict[str, tuple[Point, ...]]
    weeks: dict[str, tuple[int, ...]]
    recent: tuple[Done, ...]

    def as_dict(self) -> dict[str, Any]:
        """The course as JSON holds it."""
        return asdict(self)


def course(store: Store, user_id: str, tags: Sequence[str]) -> Course:
    """What a user did lately, and how the predictions of them went, instant by instant.

    Args:
        tags: predictive ones.

    Raises:
        RefusedError: nothing was ingested yet.
        DamagedError: a file of the log is not what was written.
    """
    log = EventLog.open(store)
    with reading() as con:
        trends = {tag: tuple(_trend(con, store, tag, user_id)) for tag in tags}
    days = history(log, user_id).by_day()
    end = log.now() // DAY
    weeks: dict[str, list[int]] = {}
    for day, event, times in days:
        ago = (end - day) // 7
        if ago < _BINS:
            weeks.setdefault(event, [0] * _BINS)[_BINS - 1 - ago] += times
    newest = sorted({day for day, _, _ in days}, reverse=True)[:_DAYS]
    recent = [Done(shown(day * DAY)[:10], event, times) for day, event, times in days if day in newest]
    return Course(
        until=shown(log.now()),
        trends={tag: points for tag, points in trends.items() if points},
        weeks={event: tuple(counts) for event, counts in weeks.items()},
        recent=tuple(sorted(recent, key=lambda done: (done.day, done.times), reverse=True)),
    )


def _trend(con: duckdb.DuckDBPyConnection, store: Store, tag: str, user_id: str) -> list[Point]:
    files = {file: one.as_of for one in published(store, tag)[-_INSTANTS:] for file in files_of(store, tag, one.as_of)}
    if not files:
        return []
    listed = ", ".join(literal(file) for file in files)
    rows = con.execute(
        f"""
        SELECT filename, probability, tier, model_version
        FROM read_parquet([{listed}], hive_partitioning = false, filename = true)
        WHERE user_id = ? AND probability IS NOT NULL
        """,
        [user_id],
    ).fetchall()
    found = sorted((files[file], *rest) for file, *rest in rows)
    return [Point(shown(as_of), probability, tier, version) for as_of, probability, tier, version in found]
