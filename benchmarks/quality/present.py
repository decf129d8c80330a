"""What is known of everybody at the end of the log, as scoring would read it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from limner.events.log import EventLog
from limner.features.cohort import rows_to_score
from limner.features.loading import load_bucket
from limner.features.plan import Plan
from limner.features.question import needs_of
from limner.features.vectors import vectors
from limner.pipeline.questions import question_of
from limner.pipeline.workspace import Workspace

__all__ = ["present"]

Texts = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float32]


def present(workspace: Workspace, tag: str, plans: Sequence[Plan]) -> tuple[Texts, list[Floats]]:
    """Who is in the tag's cohort where the log ends, sorted, and the vectors of each plan, which asks no attribute."""
    log, question = EventLog.open(workspace.store), question_of(workspace.project, tag)
    needs = needs_of(question, log.properties)
    for plan in plans:
        needs |= plan.needs
    users, found = [], []
    for number in range(log.buckets):
        bucket = load_bucket(log, number, needs)
        rows = rows_to_score(bucket, question, log.now())
        users.append(bucket.users[rows.user])
        found.append([vectors(bucket, plan, rows, {}) for plan in plans])
    order = np.argsort(np.concatenate(users))
    return np.concatenate(users)[order], [np.concatenate(parts)[order] for parts in zip(*found, strict=True)]
