"""Whether what a tag was trained on still comes out of the log: features stored then against those computed now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..engines.duck import reading
from ..engines.store import Store
from ..errors import RefusedError
from ..events.log import EventLog
from ..events.staging import bucket_of
from ..features.attributes import Attributes
from ..features.bucket import Bucket
from ..features.cohort import trigger_rows
from ..features.dataset import Dataset, ids_of_triggers
from ..features.loading import load_bucket
from ..features.question import TagQuestion, needs_of
from ..features.rows import Rows
from ..features.snapshot import read_snapshot
from ..features.vectors import vectors
from ..project import Project
from ..timeline import Span
from .differences import Differences
from .finding import Finding, counted
from .readiness import require_attributes, require_known, require_properties

__all__ = ["about_training"]

_BUCKETS = 4
"""How many buckets are looked at; users are spread over them by chance."""
_ROWS = 1_000
"""How many rows of the training are computed again, in all."""

Positions = npt.NDArray[np.intp]
Texts = npt.NDArray[np.object_]


def about_training(
    project: Project, store: Store, log: EventLog, question: TagQuestion, attributes: Attributes
) -> Finding:
    """Whether rows of the newest training, some drawn by chance, have the features that they had.

    Raises:
        RefusedError: what the training read is no longer delivered as it was.
    """
    tag = question.tag
    if store.version("snapshots") is None or not store.files("snapshots", tag=tag):
        return Finding("warning", "training", "none is stored to compare with", f"limner train {tag}", tag)
    dataset = read_snapshot(store, tag)
    _require_comparable(project, store, question, dataset)
    differences, rows, gone = Differences(), 0, 0
    for number, at in _drawn(dataset, log.buckets, project.spec.training.seed):
        again = _Again.of(log, number, question, dataset, at)
        rows, gone = rows + len(at), gone + len(at) - len(again.at)
        tables = attributes(number)
        found = vectors(again.bucket, dataset.plan, again.rows, tables)
        differences.add(dataset.plan.names, dataset.vectors[again.at], found)
    looked = f"{counted(rows, 'row')} of the newest training"
    if not differences and not gone:
        return Finding(
            "ok", "training", f"{looked}, computed again: all have the features they were trained on", "", tag
        )
    lost = [f"{gone:,} have lost their user or trigger"] if gone else []
    other = [f"{differences.rows:,} have other features now: {differences}"] if differences else []
    mend = (
        "history was rewritten since, or the features are computed otherwise: events that come late want an "
        f"available_time; if the log is right as it is: limner train {tag}"
    )
    return Finding("refused", "training", f"of {looked}, {' and '.join(lost + other)}", mend, tag)


def _require_comparable(project: Project, store: Store, question: TagQuestion, dataset: Dataset) -> None:
    if question.at_triggers != (dataset.trigger_ids is not None):
        raise RefusedError(
            "the tag was trained at other cutoffs than it declares now, at triggers or on a calendar. "
            f"Train it again: limner train {question.tag}"
        )
    require_properties(dataset.plan, project.spec)
    require_attributes(dataset.plan, project.spec, store)
    require_known(dataset.plan, question)


def _drawn(dataset: Dataset, buckets: int, seed: int) -> Iterator[tuple[int, Positions]]:
    """Buckets by number, and positions of rows of the dataset whose users are in them."""
    random = np.random.default_rng(seed)
    users, place = np.unique(dataset.users.astype(str), return_inverse=True)
    bucket = _buckets(users, buckets)[place]
    chosen = np.isin(bucket, random.permutation(np.unique(bucket))[:_BUCKETS])
    rows = np.sort(random.permutation(np.flatnonzero(chosen))[:_ROWS])
    for number in np.unique(bucket[rows]).tolist():
        yield number, rows[bucket[rows] == number]


def _buckets(users: npt.NDArray[np.str_], buckets: int) -> npt.NDArray[np.int32]:
    """The bucket of each user, `(n_users,)`, in their order."""
    table = pa.table({"user_id": pa.array(users.tolist(), pa.string()), "place": pa.array(np.arange(len(users)))})
    with reading() as con:
        con.register("asked", table)
        found = con.sql(f"SELECT {bucket_of(buckets)} AS bucket FROM asked ORDER BY place").fetchnumpy()["bucket"]
    numbers: npt.NDArray[np.int32] = np.asarray(found, np.int32)
    return numbers


@dataclass(frozen=True)
class _Again:
    """Rows of a dataset found again in a bucket: `at` are their positions in the dataset."""

    bucket: Bucket
    rows: Rows
    at: Positions

    @classmethod
    def of(cls, log: EventLog, number: int, question: TagQuestion, dataset: Dataset, at: Positions) -> Self:
        """Those of the rows at these positions that the bucket still has."""
        bucket = load_bucket(log, number, needs_of(question, log.properties) | dataset.plan.needs)
        if dataset.trigger_ids is None:
            return cls._on_calendar(bucket, dataset, at)
        return cls._at_triggers(bucket, question, dataset, dataset.trigger_ids[at], at)

    @classmethod
    def _on_calendar(cls, bucket: Bucket, dataset: Dataset, at: Positions) -> Self:
        place = {user: number for number, user in enumerate(bucket.users)}
        there = np.array([user in place for user in dataset.users[at]], np.bool_)
        users = np.array([place[user] for user in dataset.users[at][there]], np.int32)
        return cls(bucket, Rows(users, dataset.cutoffs[at][there]), at[there])

    @classmethod
    def _at_triggers(
        cls, bucket: Bucket, question: TagQuestion, dataset: Dataset, trigger_ids: Texts, at: Positions
    ) -> Self:
        cutoffs = dataset.cutoffs[at]
        rows = trigger_rows(bucket, question, Span(int(cutoffs.min()), int(cutoffs.max()) + 1))
        ids = ids_of_triggers(bucket, rows)
        place = {key: n for n, key in enumerate(zip(bucket.users[rows.user], rows.cutoff.tolist(), ids, strict=True))}
        wanted = list(zip(dataset.users[at], cutoffs.tolist(), trigger_ids, strict=True))
        there = np.array([key in place for key in wanted], np.bool_)
        return cls(bucket, rows.at(np.array([place[key] for key in wanted if key in place], np.intp)), at[there])
