"""Which instants have an outcome that is known by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engines.duck import literal, reading
from ..errors import EvidenceError, ImmatureError
from ..quantities import Duration
from ..timeline import DAY, MICROS, Span, calendar, shown
from .question import TagQuestion
from .spec import FeaturesSpec

if TYPE_CHECKING:
    from ..events.log import EventLog

__all__ = ["mature_cutoffs", "mature_span", "require_mature"]


def mature_span(log: EventLog, question: TagQuestion, features: FeaturesSpec) -> Span:
    """The cutoffs that have enough past and a known outcome, in seconds.

    From the log's start plus `burn_in`, and not before a source of the outcome's event began to
    deliver, to the last whose gap and horizon every source of it has passed.

    Raises:
        EvidenceError: there is none.
    """
    told_from = _delivered_from(log, question.target.event) - question.target.gap.seconds
    first = max(log.starts_at + features.first_cutoff_after.seconds, told_from)
    last = log.watermark_of(question.target.event) - question.delay
    if last < first:
        raise EvidenceError(_too_short(log, question, features))
    return Span(first, last + 1)


def mature_cutoffs(log: EventLog, question: TagQuestion, features: FeaturesSpec) -> list[int]:
    """The calendar cutoffs of a tag, oldest first, in seconds: the newest mature midnight and back from it.

    Raises:
        EvidenceError: there is none.
    """
    span = mature_span(log, question, features)
    newest_midnight = (span.end - 1) // DAY * DAY
    cutoffs = calendar(span.start, newest_midnight, question.every)
    if not cutoffs:
        raise EvidenceError(_too_short(log, question, features))
    return cutoffs


def require_mature(log: EventLog, question: TagQuestion, cutoff: int) -> None:
    """Nothing, when the outcome of the cutoff is known.

    Raises:
        ImmatureError: a source of the outcome's event does not reach that far yet.
    """
    known_at = cutoff + question.delay
    event = question.target.event
    if known_at <= log.watermark_of(event):
        return
    raise ImmatureError(
        f"tags.{question.tag}: the outcome at {shown(cutoff)} is not known yet: {event} must be complete until "
        f"{shown(known_at)}, but {_lagging(log, event)}. Ask for an earlier cutoff or ingest newer events"
    )


def _delivered_from(log: EventLog, event: str) -> int:
    """The start of the day on which a source of the event began, in seconds; before it an outcome is unknown, not 0."""
    if len(log.watermarks) < 2:
        return log.starts_at
    sources = ", ".join(literal(source) for source in log.sources_of(event))
    query = f"SELECT min(epoch_us(event_time)) FROM ({log.events_sql()}) WHERE source IN ({sources})"
    with reading() as con:
        first = con.sql(query).fetchall()[0][0]
    return log.starts_at if first is None else max(log.starts_at, first // MICROS // DAY * DAY)


def _lagging(log: EventLog, event: str) -> str:
    source = min(log.sources_of(event), key=lambda name: (log.watermarks[name], name))
    return f"source {source} ends at {shown(log.watermarks[source])}"


def _too_short(log: EventLog, question: TagQuestion, features: FeaturesSpec) -> str:
    event = question.target.event
    before, after = features.first_cutoff_after, Duration(question.delay)
    held, begins = log.watermark_of(event) - log.starts_at, _delivered_from(log, event)
    late = f"; {event} is delivered from {shown(begins)} on" if begins > log.starts_at else ""
    return (
        f"tags.{question.tag}: no outcome is known yet: it takes {before} of log before a cutoff and {after} after it "
        f"(gap {question.target.gap}, horizon {question.target.horizon}), {Duration(before.seconds + after.seconds)} "
        f"in all and for a calendar up to a day more; the log starts at {shown(log.starts_at)} and for {event} "
        f"{_lagging(log, event)}, which is {held / DAY:.1f} days{late}. Ingest more, or shorten burn_in or the horizon"
    )
