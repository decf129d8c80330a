"""What a tag learns from: the vectors of its cohort at past cutoffs, with the outcomes that followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..engines.engine import Engine
from ..engines.local import LocalEngine
from ..events.log import EventLog
from ..progress import Progress, Silent, tracked
from ..timeline import Span
from .attributes import Attributes
from .bucket import Bucket, Needs
from .cohort import calendar_rows, trigger_rows
from .compile import baseline_plan, compile_plan
from .cutoffs import mature_cutoffs, mature_span
from .history import with_history
from .labels import amounts, label_ends, labels
from .loading import load_bucket
from .pace import Pace, pace_of_all
from .periods import newest_period
from .plan import Plan
from .question import TagQuestion, needs_of
from .rows import Rows
from .spec import FeaturesSpec
from .vectors import vectors

__all__ = ["Dataset", "Outcomes", "build_dataset", "ids_of_triggers", "known_outcomes"]

T = TypeVar("T")
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Dataset:
    """Rows whose outcome is known, sorted by cutoff, user and trigger.

    `vectors` (n_rows, n_features) follow `plan`, `baseline_vectors` the recency and frequency of
    `baseline_plan`; missing is NaN. `cutoffs` and `label_ends` (n_rows,) are seconds, `labels`
    (n_rows,) are 0 or 1. `trigger_ids` (n_rows,) are event ids at triggers, else None. Where the outcome is a number,
    `amounts` (n_rows,) are that, and `labels` whether it is above 0; else they are None. `pace` is of the target's
    event among all users, whether they are in the cohort or not; None at triggers.
    """

    tag: str
    plan: Plan
    vectors: Floats
    baseline_plan: Plan
    baseline_vectors: Floats
    users: Texts
    cutoffs: Ints
    label_ends: Ints
    labels: npt.NDArray[np.int8]
    trigger_ids: Texts | None
    amounts: npt.NDArray[np.float64] | None = None
    pace: Pace | None = None

    def __len__(self) -> int:
        return len(self.users)

    @property
    def fingerprint(self) -> str:
        """The sha256 of everything in it: the same from the same log and specs, whatever the engine or threads."""
        texts = [self.users.tolist(), None if self.trigger_ids is None else self.trigger_ids.tolist()]
        digest = sha256(json.dumps([self.tag, self.plan.fingerprint, self.baseline_plan.fingerprint, texts]).encode())
        told = [] if self.amounts is None else [self.amounts]
        for column in (self.cutoffs, self.label_ends, self.labels, self.vectors, self.baseline_vectors, *told):
            digest.update(np.ascontiguousarray(column).tobytes())
        if self.pace is not None:
            digest.update(self.pace.to_json().encode())
        return digest.hexdigest()


def build_dataset(
    log: EventLog,
    question: TagQuestion,
    features: FeaturesSpec,
    attributes: Attributes,
    *,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """The dataset of a tag, from every cutoff whose outcome is known.

    Two passes over the log: the first finds rows and labels and so where the test starts; vocabularies
    are then fitted on events before that; the second computes the vectors.

    Args:
        engine: what brings the buckets; one thread of this machine when None.

    Raises:
        EvidenceError: no cutoff is mature, or all rows have the same outcome.
        SpecError: the tag names a property that the log lacks.
    """
    past = _Past.of(log, question, features)
    over_buckets = _Buckets(question.tag, log.buckets, engine or LocalEngine(), progress or Silent())
    outcomes = _together(over_buckets(past.outcomes, "outcomes"))
    test_start = newest_period(outcomes.cutoffs, outcomes.labels, is_amount=question.target.is_amount)
    plan = compile_plan(log, features, attributes.sources, before=test_start, known=question.cutoffs.known)
    baseline = baseline_plan(log, features, question.cohort, question.target)
    plans = _Plans(with_history(plan, baseline), baseline)
    parts = over_buckets(lambda number: past.vectors(number, plans, attributes(number)), "vectors")
    return _dataset(question, plans, outcomes, parts)


@dataclass(frozen=True)
class Outcomes:
    """Rows with the outcome that followed, bucket by bucket; the columns, `(n_rows,)` each, are those of a dataset.

    `amounts` are the labels themselves where the outcome is yes or no. `pace` is as in a dataset.
    """

    users: Texts
    cutoffs: Ints
    label_ends: Ints
    labels: npt.NDArray[np.int8]
    amounts: npt.NDArray[np.float64]
    trigger_ids: Texts
    pace: Pace | None


def known_outcomes(
    log: EventLog,
    question: TagQuestion,
    features: FeaturesSpec,
    *,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> Outcomes:
    """The rows and labels of a tag's dataset, without its vectors: the first of the passes that build it.

    Args:
        engine: what brings the buckets; one thread of this machine when None.

    Raises:
        EvidenceError: no cutoff is mature.
        SpecError: the tag names an event or a property that the log lacks.
    """
    over_buckets = _Buckets(question.tag, log.buckets, engine or LocalEngine(), progress or Silent())
    return _together(over_buckets(_Past.of(log, question, features).outcomes, "outcomes"))


@dataclass(frozen=True)
class _Buckets:
    """A pass over all buckets, watched."""

    tag: str
    count: int
    engine: Engine
    progress: Progress

    def __call__(self, work: Callable[[int], T], task: str) -> list[T]:
        done = self.engine.each_bucket(self.count, work)
        return list(tracked(done, f"{self.tag}: {task}", self.count, self.progress))


@dataclass(frozen=True)
class _Plans:
    features: Plan
    baseline: Plan


@dataclass(frozen=True)
class _Past:
    """The rows of a tag at all cutoffs whose outcome is known."""

    log: EventLog
    question: TagQuestion
    when: Span | list[int]
    needs: Needs

    @classmethod
    def of(cls, log: EventLog, question: TagQuestion, features: FeaturesSpec) -> Self:
        when = mature_span if question.at_triggers else mature_cutoffs
        return cls(log, question, when(log, question, features), needs_of(question, log.properties))

    def rows(self, bucket: Bucket) -> Rows:
        if isinstance(self.when, Span):
            return trigger_rows(bucket, self.question, self.when)
        return calendar_rows(bucket, self.question, self.when)

    def outcomes(self, number: int) -> Outcomes:
        bucket = load_bucket(self.log, number, self.needs)
        rows, question = self.rows(bucket), self.question
        found = labels(bucket, rows, question)
        return Outcomes(
            bucket.users[rows.user],
            rows.cutoff,
            label_ends(rows, question),
            found,
            amounts(bucket, rows, question) if question.target.is_amount else found.astype(np.float64),
            ids_of_triggers(bucket, rows),
            None if question.at_triggers else Pace.of(bucket, self.log, question),
        )

    def vectors(self, number: int, plans: _Plans, attributes: Mapping[str, pa.Table]) -> tuple[Floats, Floats]:
        bucket = load_bucket(self.log, number, self.needs | plans.features.needs | plans.baseline.needs)
        rows = self.rows(bucket)
        return vectors(bucket, plans.features, rows, attributes), vectors(bucket, plans.baseline, rows, attributes)


def ids_of_triggers(bucket: Bucket, rows: Rows) -> Texts:
    """The event id of each row's trigger, `(n_rows,)`; None on a calendar."""
    if rows.trigger is None or bucket.event_ids is None:
        return np.full(len(rows), None, dtype=object)
    return bucket.event_ids(rows.trigger)


def _together(parts: list[Outcomes]) -> Outcomes:
    names = [field.name for field in fields(Outcomes) if field.name != "pace"]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Outcomes(**columns, pace=pace_of_all([part.pace for part in parts]))


def _dataset(question: TagQuestion, plans: _Plans, found: Outcomes, parts: list[tuple[Floats, Floats]]) -> Dataset:
    order = _order(found)
    at_triggers = any(id_ is not None for id_ in found.trigger_ids)
    return Dataset(
        tag=question.tag,
        plan=plans.features,
        vectors=np.concatenate([part for part, _ in parts])[order],
        baseline_plan=plans.baseline,
        baseline_vectors=np.concatenate([part for _, part in parts])[order],
        users=found.users[order],
        cutoffs=found.cutoffs[order],
        label_ends=found.label_ends[order],
        labels=found.labels[order],
        trigger_ids=found.trigger_ids[order] if at_triggers else None,
        amounts=found.amounts[order] if question.target.is_amount else None,
        pace=found.pace,
    )


def _order(found: Outcomes) -> npt.NDArray[np.intp]:
    """Rows by cutoff, user and trigger; a stable sort keeps triggers of one second as the bucket has them."""
    users = np.unique(found.users, return_inverse=True)[1]
    return np.lexsort((users, found.cutoffs))
