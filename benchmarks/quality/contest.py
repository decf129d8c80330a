"""One task: the rows that all systems learn from, the rows they are judged on, and what each says of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from limner.features.dataset import Dataset
from limner.models.candidate import Candidate
from limner.models.folds import Split, split
from limner.models.lesson import lesson_of
from limner.models.table import Table, table_of
from limner.models.train import Memory, Subject, Trained
from limner.models.value.estimate import Estimate
from limner.models.value.train import ValueTrained
from limner.pipeline.questions import question_of
from limner.pipeline.vectors import dataset_of
from limner.pipeline.workspace import Workspace
from limner.progress import Silent
from limner.timeline import shown

__all__ = ["OWN", "Asked", "Contest", "Entry", "Learned", "learn", "prepared", "timed", "told_span"]

T = TypeVar("T")
Floats = npt.NDArray[np.float64]
OWN = "limner"


@dataclass(frozen=True)
class Asked:
    """Of whom rows are, `users` (n_rows,), and before which second all was that they know, `cutoffs` (n_rows,)."""

    users: npt.NDArray[np.object_]
    cutoffs: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contest:
    """`past` is learned from; `vectors` (n_rows, n_features) are judged, by the `outcomes` (n_rows,) that followed.

    `taught` says whose rows the past has, `asked` whose are judged.
    """

    dataset: str
    task: str
    cutoffs: str
    past: Table
    vectors: npt.NDArray[np.float32]
    outcomes: Floats
    taught: Asked
    asked: Asked

    @property
    def users(self) -> npt.NDArray[np.object_]:
        """Who is drawn for the intervals, `(n_rows,)`."""
        return self.asked.users


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

    trained: Trained | ValueTrained
    seconds: float

    @property
    def rules(self) -> Mapping[str, Candidate | Estimate]:
        """What stands beside the model, by name."""
        return self.trained.rules if isinstance(self.trained, ValueTrained) else self.trained.baselines

    @property
    def about(self) -> str:
        """Which recipe is published, and its grade."""
        letter, recipe = self.trained.judgement.grade.letter, self.trained.recipe.sentence
        return f"published is the {self.trained.published.name}, grade {letter}; {recipe}"

    @property
    def entries(self) -> list[Entry]:
        """Limner and its baselines on the rows of the test: scores, or the amounts that they expect."""
        return self._entries(lambda one: one.expected if isinstance(one, Estimate) else one.margins)

    @property
    def medians(self) -> list[Entry]:
        """The amounts that Limner and its baselines tell as likely to be passed as not."""
        return self._entries(_median)

    def _entries(self, told: Callable[[Any], Floats]) -> list[Entry]:
        systems = {OWN: self.trained.published, **self.rules}
        own, *rules = (Entry(name, told(one)) for name, one in systems.items())
        return [replace(own, seconds=self.seconds, about=self.about), *rules]

    def contest(self, dataset: str, task: str) -> Contest:
        """The contest on the rows of the test."""
        ground = self.trained.ground
        rows, table, found = ground.dataset, table_of(ground.dataset, "features"), ground.split
        cutoffs = f"Learned at {told_span(rows.cutoffs[found.train])}, judged at {told_span(rows.cutoffs[found.test])}"
        future = table.at(found.test)
        outcomes = future.labels.astype(np.float64) if future.amounts is None else future.amounts
        taught, asked = (Asked(rows.users[part], rows.cutoffs[part]) for part in (found.train, found.test))
        return Contest(dataset, task, cutoffs, table.at(found.train), future.vectors, outcomes, taught, asked)


def _median(one: Estimate) -> Floats:
    return one.calibration.told(one.margins)["median"]


def learn(workspace: Workspace, tag: str, test_start: int | None = None) -> Learned:
    """The tag, trained, calibrated and judged by the product's own functions.

    Args:
        test_start: when the test begins, in seconds; where the product itself would begin it when left out.
    """
    project = workspace.project
    dataset, divided = prepared(workspace, tag, test_start)
    target = question_of(project, tag).target
    subject = Subject(tag, tag, tag, "", target.absent is not None, project.definition_hash(tag))
    memory, train = Memory(project.root / "mlruns" / f"{tag}.journal"), lesson_of(target).train
    return Learned(*timed(lambda: train(dataset, divided, project.spec.training, subject, memory, Silent())))


def prepared(workspace: Workspace, tag: str, test_start: int | None = None) -> tuple[Dataset, Split]:
    """What the product would train the tag on, and how it is divided by time; `learn` tells of the test's start."""
    project, question = workspace.project, question_of(workspace.project, tag)
    dataset = dataset_of(project, workspace.store, tag, Silent())
    instants = dataset.cutoffs if test_start is None else np.minimum(dataset.cutoffs, test_start)
    divided = split(
        instants,
        dataset.label_ends,
        dataset.labels,
        project.spec.training.folds,
        at_triggers=question.at_triggers,
        is_amount=question.target.is_amount,
    )
    return dataset, divided


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gives, and the processor seconds it took."""
    started = time.process_time()
    return work(), time.process_time() - started


def told_span(cutoffs: npt.NDArray[np.int64]) -> str:
    """When the cutoffs are, and how many there are, in words."""
    first, last, n = int(cutoffs.min()), int(cutoffs.max()), len(np.unique(cutoffs))
    return shown(first)[:10] if n == 1 else f"{n} cutoffs from {shown(first)[:10]} to {shown(last)[:10]}"
