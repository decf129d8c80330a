"""Rows and labels as plain loops over plain events: short enough to be believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from limner.features.question import TagQuestion
from limner.timeline import MICROS

__all__ = ["Event", "Row", "amount_of", "label_of", "rows_of_calendar", "rows_of_triggers", "rows_scored"]


@dataclass(frozen=True)
class Event:
    user: str
    type: str
    micros: int
    known_micros: int
    id: str
    amount: int | None = None
    campaign: str | None = None

    @property
    def second(self) -> int:
        return self.micros // MICROS

    @property
    def known_second(self) -> int:
        return max(self.micros, self.known_micros) // MICROS


@dataclass(frozen=True)
class Row:
    user: str
    cutoff: int
    trigger: Event | None = None


def in_cohort(events: list[Event], user: str, cutoff: int, question: TagQuestion) -> bool:
    cohort = question.cohort
    if cohort is None:
        return True
    for event in events:
        if event.user != user or event.type != cohort.event_type or event.known_second >= cutoff:
            continue
        if cohort.within is None or event.known_second >= cutoff - cohort.within.seconds:
            return True
    return False


def was_seen(events: list[Event], user: str, cutoff: int) -> bool:
    return any(event.user == user and event.known_second < cutoff for event in events)


def rows_of_calendar(events: list[Event], question: TagQuestion, cutoffs: list[int]) -> list[Row]:
    return [
        Row(user, cutoff)
        for user in sorted({event.user for event in events})
        for cutoff in sorted(cutoffs)
        if was_seen(events, user, cutoff) and in_cohort(events, user, cutoff, question)
    ]


def rows_of_triggers(events: list[Event], question: TagQuestion, first: int, last: int) -> list[Row]:
    rows = []
    for event in events:
        cutoff = event.second + question.cutoffs.at.seconds
        if event.type != question.cutoffs.on or not first <= cutoff <= last:
            continue
        if in_cohort(events, event.user, cutoff, question):
            rows.append(Row(event.user, cutoff, event))
    return sorted(rows, key=lambda row: (row.user, row.cutoff))


def rows_scored(events: list[Event], question: TagQuestion, as_of: int) -> list[Row]:
    if question.cutoffs.on is None:
        return rows_of_calendar(events, question, [as_of])
    recent = []
    for row in rows_of_triggers(events, question, first=-(10**12), last=as_of):
        trigger = row.trigger
        if trigger and as_of - question.valid_for.seconds < trigger.second <= as_of and trigger.known_second <= as_of:
            recent.append(row)
    return recent


def label_of(events: list[Event], row: Row, question: TagQuestion) -> int:
    target, found = question.target, list(events_of_target(events, row, question))
    if target.is_amount:
        return int(amount_of(events, row, question) > 0)
    if target.sum is not None:
        return int(total_of(found) >= Fraction(str(target.at_least)))
    return int(bool(found) != (target.absent is not None))


def amount_of(events: list[Event], row: Row, question: TagQuestion) -> Fraction:
    found = list(events_of_target(events, row, question))
    return Fraction(len(found)) if question.target.sum is None else total_of(found)


def total_of(found: list[Event]) -> Fraction:
    return Fraction(sum(event.amount or 0 for event in found), 100)


def events_of_target(events: list[Event], row: Row, question: TagQuestion) -> Iterator[Event]:
    target = question.target
    start = row.cutoff + target.gap.seconds
    for event in events:
        if event.user != row.user or event.type != target.event:
            continue
        if not start <= event.second < start + target.horizon.seconds:
            continue
        if row.trigger and event.micros <= row.trigger.micros:
            continue
        if target.same and row.trigger and (event.campaign is None or event.campaign != row.trigger.campaign):
            continue
        yield event
