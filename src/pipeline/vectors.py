"""Vectors for people to look at: those of a cohort at an instant, and those of the past with their outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..engines.store import Store
from ..errors import GateError
from ..events.log import EventLog
from ..features.cohort import rows_to_score
from ..features.compile import compile_plan
from ..features.dataset import Dataset, build_dataset
from ..features.loading import load_bucket
from ..features.plan import Plan
from ..features.question import needs_of
from ..features.vectors import vectors
from ..models.champion import champion
from ..project import Project
from ..timeline import MICROS
from .attributes import attributes_of
from .engine import engine_of
from .questions import question_of

if TYPE_CHECKING:
    from ..progress import Progress

__all__ = ["cohort_vectors", "dataset_of", "dataset_table"]


def cohort_vectors(project: Project, store: Store, tag: str, as_of: int) -> pa.Table:
    """The vectors of a tag's cohort at an instant, in seconds: user_id, cutoff and a float32 column per feature.

    The plan is the champion's, or, before there is one, that of the project file as of the instant.

    Raises:
        UsageError: the project has no predictive tag of that name.
        RefusedError: nothing was ingested yet.
    """
    log, question, attributes = EventLog.open(store), question_of(project, tag), attributes_of(project.spec, store)
    try:
        plan = champion(store.root, tag).plan
    except GateError:
        known = question.cutoffs.known
        plan = compile_plan(log, project.spec.features, attributes.sources, before=as_of, known=known)
    needs = needs_of(question, log.properties) | plan.needs

    def work(number: int) -> pa.Table:
        bucket = load_bucket(log, number, needs)
        rows = rows_to_score(bucket, question, as_of)
        found = vectors(bucket, plan, rows, attributes(number))
        return _table(plan, bucket.users[rows.user], rows.cutoff, found)

    with engine_of(project.spec.engine) as engine:
        parts = list(engine.each_bucket(log.buckets, work))
    return pa.concat_tables(parts).sort_by([("user_id", "ascending"), ("cutoff", "ascending")])


def dataset_of(project: Project, store: Store, tag: str, progress: Progress) -> Dataset:
    """What the tag learns from: every mature row of the log, with its outcome.

    Raises:
        UsageError: the project has no predictive tag of that name.
        EvidenceError: no cutoff is mature, or all rows have the same outcome.
    """
    log, question, attributes = EventLog.open(store), question_of(project, tag), attributes_of(project.spec, store)
    with engine_of(project.spec.engine, project.spec.training.threads) as engine:
        return build_dataset(log, question, project.spec.features, attributes, engine=engine, progress=progress)


def dataset_table(dataset: Dataset) -> pa.Table:
    """The dataset for people: user_id, cutoff and label, then a float32 column per feature."""
    table = _table(dataset.plan, dataset.users, dataset.cutoffs, dataset.vectors)
    return table.add_column(2, "label", pa.array(dataset.labels))


def _table(plan: Plan, users: np.ndarray, cutoffs: np.ndarray, found: np.ndarray) -> pa.Table:
    columns = {
        "user_id": pa.array(users, pa.string()),
        "cutoff": pa.array(cutoffs * MICROS, pa.int64()).cast(pa.timestamp("us")),
        **{name: pa.array(column) for name, column in zip(plan.names, found.T, strict=True)},
    }
    return pa.table(columns)
