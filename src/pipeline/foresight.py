"""Whether any feature of a tag sees the future: the future is tampered with, and nothing may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..events.log import EventLog
from ..features.attributes import Attributes
from ..features.bucket import Bucket
from ..features.cohort import calendar_rows, in_cohort, trigger_rows
from ..features.compile import compile_plan
from ..features.cutoffs import mature_cutoffs, mature_span
from ..features.loading import load_bucket
from ..features.plan import Plan
from ..features.question import TagQuestion, needs_of
from ..features.rows import Rows
from ..features.spec import FeaturesSpec
from ..features.vectors import vectors
from ..progress import Progress, tracked
from ..timeline import Span
from .differences import Differences
from .finding import Finding, counted
from .futures import futures, known_before

__all__ = ["Foresight"]

_BUCKETS = 4
"""How many buckets are looked at; users are spread over them by chance."""
_USERS = 250
"""How many users of each bucket, each at one cutoff that is drawn by chance."""
_DRAWS = 3
"""How often."""
_COHORT = "membership of the cohort"


@dataclass
class _Seen:
    """What was looked at so far, and what differed with which future."""

    rows: int = 0
    cutoffs: set[int] = field(default_factory=set)
    by_future: dict[str, Differences] = field(default_factory=dict)


@dataclass(frozen=True)
class Foresight:
    """The search for features that see the future, at cutoffs of which the outcome is known; the same for one seed."""

    log: EventLog
    question: TagQuestion
    attributes: Attributes
    plan: Plan
    when: Span | list[int]
    seed: int

    @classmethod
    def of(
        cls, log: EventLog, question: TagQuestion, features: FeaturesSpec, attributes: Attributes, seed: int
    ) -> Self:
        """The search for a tag, with all features that the project file declares.

        Raises:
            EvidenceError: no cutoff is mature.
        """
        if question.at_triggers:
            when: Span | list[int] = mature_span(log, question, features)
        else:
            when = mature_cutoffs(log, question, features)
        newest = when.end - 1 if isinstance(when, Span) else when[-1]
        plan = compile_plan(log, features, attributes.sources, before=newest, known=question.cutoffs.known)
        return cls(log, question, attributes, plan, when, seed)

    def finding(self, progress: Progress) -> Finding:
        """Whether all features are the same to the bit, whatever the future is."""
        tag, seen, numbers = self.question.tag, _Seen(), self._numbers()
        for number in tracked(numbers, f"{tag}: other futures", len(numbers), progress):
            self._look(number, seen)
        if not seen.rows:
            return Finding("warning", "future", "nobody was in the cohort, so nothing was looked at", "", tag)
        looked = f"{counted(seen.rows, 'row')} at {counted(len(seen.cutoffs), 'cutoff')}"
        for how, differences in seen.by_future.items():
            if differences:
                told = f"of {looked}, {differences.rows:,} change when their future is {how}: {differences}"
                return Finding("refused", "future", told, "trust none of these: report it as a fault of Limner", tag)
        told = f"{looked}, their future {', '.join(seen.by_future)}: {len(self.plan.features)} features keep every bit"
        return Finding("ok", "future", told, "", tag)

    def _numbers(self) -> list[int]:
        chosen = np.random.default_rng(self.seed).permutation(self.log.buckets)[:_BUCKETS]
        return sorted(chosen.tolist())

    def _look(self, number: int, seen: _Seen) -> None:
        bucket = load_bucket(self.log, number, needs_of(self.question, self.log.properties) | self.plan.needs)
        tables = self.attributes(number)
        for rows in self._draws(bucket, number):
            seen.rows += len(rows)
            seen.cutoffs |= set(rows.cutoff.tolist())
            honest = self._known(bucket, rows, tables)
            for future in futures(bucket, rows):
                facts = known_before(tables, bucket, rows) if future.how == "removed" else tables
                found = self._known(future.bucket, rows, facts)
                seen.by_future.setdefault(future.how, Differences()).add((*self.plan.names, _COHORT), honest, found)

    def _known(self, bucket: Bucket, rows: Rows, facts: Mapping[str, pa.Table]) -> npt.NDArray[np.float32]:
        """The vectors of the rows, and, as one more column, whether they are in the cohort: that too is of the past."""
        cohort, is_inside = self.question.cohort, np.ones(len(rows), np.bool_)
        if cohort is not None:
            is_inside = in_cohort(bucket, cohort, rows.user, rows.cutoff)
        return np.column_stack([vectors(bucket, self.plan, rows, facts), is_inside.astype(np.float32)])

    def _draws(self, bucket: Bucket, number: int) -> Iterator[Rows]:
        """Some rows of the bucket several times, by user, and each time not more than one of each."""
        when, random = self.when, np.random.default_rng([self.seed, number])
        if isinstance(when, Span):
            rows = trigger_rows(bucket, self.question, when)
        else:
            rows = calendar_rows(bucket, self.question, when)
        for _ in range(_DRAWS if len(rows) else 0):
            shuffled = random.permutation(len(rows))
            firsts = shuffled[np.unique(rows.user[shuffled], return_index=True)[1]]
            yield rows.at(np.sort(random.permutation(firsts)[:_USERS]))
