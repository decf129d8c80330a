"""One task: the rows that all systems learn from, the rows they are judged on, and what each says of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from limner.features.dataset import Dataset
from limner.models.folds import Split, split
from limner.models.table import Table, table_of
from limner.models.train import Memory, Subject, Trained, train_tag
from limner.pipeline.questions import question_of
from limner.pipeline.vectors import dataset_of
from limner.pipeline.workspace import Workspace
from limner.progress import Silent
from limner.timeline import shown

__all__ = ["OWN", "Contest", "Entry", "Learned", "learn", "prepared", "timed", "told_span"]

T = TypeVar("T")
Floats = npt.NDArray[np.float64]
OWN = "limner"


@dataclass(frozen=True)
class Contest:
    """`past` is learned from; `vectors` (n_rows, n_features) are judged, by the `outcomes` (n_rows,) that followed.

    `users` (n_rows,) are drawn for the intervals.
    """

    dataset: str
    task: str
    cutoffs: str
    past: Table
    vectors: npt.NDArray[np.float32]
    outcomes: Floats
    users: npt.NDArray[np.object_]


@dataclass(frozen=True)
class Entry:
    """A system's scores of the judged rows, and the processor seconds from the rows to the scores."""

    system: str
    scores: Floats
    seconds: float | None = None
    about: str = ""


@dataclass(frozen=True)
class Learned:
    """The tag as the product trains it, and how long that took in processor seconds."""

    trained: Trained
    seconds: float

    @property
    def about(self) -> str:
        """Which recipe is published, and its grade."""
        letter, recipe = self.trained.judgement.grade.letter, self.trained.recipe.sentence
        return f"published is the {self.trained.published.name}, grade {letter}; {recipe}"

    @property
    def entries(self) -> list[Entry]:
        """Limner and its baselines on the rows of the test."""
        rules = [Entry(name, one.margins) for name, one in self.trained.baselines.items()]
        return [Entry(OWN, self.trained.published.margins, self.seconds, self.about), *rules]

    def contest(self, dataset: str, task: str) -> Contest:
        """The contest on the rows of the test."""
        ground = self.trained.ground
        rows, table, found = ground.dataset, table_of(ground.dataset, "features"), ground.split
        cutoffs = f"Learned at {told_span(rows.cutoffs[found.train])}, judged at {told_span(rows.cutoffs[found.test])}"
        future = table.at(found.test)
        outcomes = future.labels.astype(np.float64)
        return Contest(dataset, task, cutoffs, table.at(found.train), future.vectors, outcomes, rows.users[found.test])


def learn(workspace: Workspace, tag: str, test_start: int | None = None) -> Learned:
    """The tag, trained, calibrated and judged by the product's own functions.

    Args:
        test_start: when the test begins, in seconds; where the product itself would begin it when left out.
    """
    project = workspace.project
    dataset, divided = prepared(workspace, tag, test_start)
    is_absence = question_of(project, tag).target.absent is not None
    subject = Subject(tag, tag, tag, "", is_absence, project.definition_hash(tag))
    memory = Memory(project.root / "mlruns" / f"{tag}.journal")
    return Learned(*timed(lambda: train_tag(dataset, divided, project.spec.training, subject, memory, Silent())))


def prepared(workspace: Workspace, tag: str, test_start: int | None = None) -> tuple[Dataset, Split]:
    """What the product would train the tag on, and how it is divided by time; `learn` tells of the test's start."""
    project = workspace.project
    dataset = dataset_of(project, workspace.store, tag, Silent())
    instants = dataset.cutoffs if test_start is None else np.minimum(dataset.cutoffs, test_start)
    n_folds, at_triggers = project.spec.training.folds, question_of(project, tag).at_triggers
    return dataset, split(instants, dataset.label_ends, dataset.labels, n_folds, at_triggers=at_triggers)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gives, and the processor seconds it took."""
    started = time.process_time()
    return work(), time.process_time() - started


def told_span(cutoffs: npt.NDArray[np.int64]) -> str:
    """When the cutoffs are, and how many there are, in words."""
    first, last, n = int(cutoffs.min()), int(cutoffs.max()), len(np.unique(cutoffs))
    return shown(first)[:10] if n == 1 else f"{n} cutoffs from {shown(first)[:10]} to {shown(last)[:10]}"
