"""Who is judged when: the rows of one bucket, on the calendar and at triggers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..timeline import MICROS, Span
from .bucket import Bucket
from .occurrences import Occurrences
from .question import COHORT, TRIGGER, TagQuestion
from .rows import Rows
from .spec import CohortSpec

__all__ = ["calendar_rows", "cohort_rows", "in_cohort", "rows_to_score", "trigger_rows", "users_of_events"]

Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Known = npt.NDArray[np.float64] | npt.NDArray[np.object_]


def calendar_rows(bucket: Bucket, question: TagQuestion, cutoffs: Sequence[int]) -> Rows:
    """One row for each user and cutoff, in seconds, at which the user is in the question's cohort."""
    return cohort_rows(bucket, question.cohort, cutoffs)


def cohort_rows(bucket: Bucket, cohort: CohortSpec | None, cutoffs: Sequence[int]) -> Rows:
    """One row for each user and cutoff, in seconds, at which the user is in the cohort.

    Without a declared cohort everybody is in it who was seen before the cutoff.
    """
    user = np.repeat(np.arange(bucket.n_users, dtype=np.int32), len(cutoffs))
    cutoff = np.tile(np.sort(np.asarray(cutoffs, np.int64)), bucket.n_users)
    if cohort is not None:
        inside = in_cohort(bucket, cohort, user, cutoff)
    else:
        inside = bucket.seconds[bucket.offsets[:-1]][user] < cutoff
    return Rows(user[inside], cutoff[inside])


def trigger_rows(bucket: Bucket, question: TagQuestion, span: Span) -> Rows:
    """One row for each trigger event whose cutoff lies in the span.

    The cutoff is the trigger's floored second plus `at`. A declared cohort filters the rows.
    """
    events, cutoff = _triggers(bucket, question)
    inside = (span.start <= cutoff) & (cutoff < span.end)
    return _rows_at(bucket, question, events[inside], cutoff[inside])


def rows_to_score(bucket: Bucket, question: TagQuestion, as_of: int) -> Rows:
    """The rows that are scored at `as_of`, in seconds.

    On a calendar: the cohort at that cutoff. At triggers: each trigger that happened in
    `(as_of - valid_for, as_of]`, was known by `as_of`, and whose own cutoff is not after it.
    """
    if not question.at_triggers:
        return calendar_rows(bucket, question, [as_of])
    events, cutoff = _triggers(bucket, question)
    is_valid = bucket.micros[events] // MICROS > as_of - question.valid_for.seconds
    is_due = (bucket.seconds[events] <= as_of) & (cutoff <= as_of)
    return _rows_at(bucket, question, events[is_valid & is_due], cutoff[is_valid & is_due])


def in_cohort(bucket: Bucket, cohort: CohortSpec, user: npt.NDArray[np.int32], cutoff: Ints) -> Mask:
    """Whether each user, `(n,)`, did the cohort's event in `[cutoff - within, cutoff)`, as known by the cutoff."""
    events = np.flatnonzero(bucket.membership.mask(COHORT))
    done = Occurrences.of(users_of_events(bucket)[events].astype(np.int64), bucket.seconds[events])
    earliest = cutoff - cohort.within.seconds if cohort.within else np.full_like(cutoff, np.iinfo(np.int64).min)
    first, last = done.between(user.astype(np.int64), earliest, cutoff)
    return last > first


def users_of_events(bucket: Bucket) -> npt.NDArray[np.int32]:
    """The user of each event, `(n_events,)`, as an index of the bucket's users."""
    return np.repeat(np.arange(bucket.n_users, dtype=np.int32), np.diff(bucket.offsets))


def _triggers(bucket: Bucket, question: TagQuestion) -> tuple[Positions, Ints]:
    events = np.flatnonzero(bucket.membership.mask(TRIGGER))
    return events, bucket.micros[events] // MICROS + question.cutoffs.at.seconds


def _rows_at(bucket: Bucket, question: TagQuestion, events: Positions, cutoff: Ints) -> Rows:
    user = users_of_events(bucket)[events]
    order = np.lexsort((cutoff, user))
    if question.cohort is not None:
        order = order[in_cohort(bucket, question.cohort, user, cutoff)[order]]
    known = {name: _known(bucket, name, events[order]) for name in question.cutoffs.known}
    return Rows(user[order], cutoff[order], events[order].astype(np.int64), known)


def _known(bucket: Bucket, name: str, events: Positions) -> Known:
    if name in bucket.properties.number_names:
        numbers = bucket.properties.number(name)
        return np.where(numbers.missing[events], np.nan, numbers.values[events] / 10.0**numbers.decimals)
    categories = bucket.properties.category(name)
    texts = np.array([*categories.texts, None], dtype=object)
    known: npt.NDArray[np.object_] = texts[categories.codes[events]]
    return known
