"""The use case `train`: tags are learned, judged, registered and let through the gate, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..engines.files import replace_file
from ..engines.lock import locked
from ..engines.store import Store
from ..errors import DamagedError, LimnerError
from ..events.log import EventLog
from ..features.dataset import Dataset
from ..features.snapshot import write_snapshot
from ..models.fit import Fitting
from ..models.folds import split
from ..models.gate import Verdict
from ..models.learned import Learned
from ..models.lesson import Lesson, lesson_of
from ..models.registry import Record, Registry
from ..models.train import Memory, Subject
from ..progress import Progress
from ..project import Project
from ..tags.spec import PredictiveSpec
from ..timeline import Clock, shown
from .compiling import tell_of_compiling
from .manifest import new_run_id, write_manifest
from .questions import predictive_tags, question_of
from .vectors import dataset_of

__all__ = ["TagTraining", "TrainResult", "promote", "rollback", "train"]


@dataclass(frozen=True)
class TagTraining:
    """What became of one tag: promoted, kept as a challenger that the gate did not let through, or refused.

    `sentence` says how good it is or why it was refused, `reasons` are the gate's and `gate` its whole verdict,
    `dataset_hash` is that of all it learned from, `card` the path of the model card, relative to the project.
    """

    tag: str
    outcome: Literal["promoted", "challenger", "refused"]
    sentence: str
    reasons: tuple[str, ...] = ()
    grade: str | None = None
    recipe: str | None = None
    model_version: str | None = None
    card: str | None = None
    evaluation: Mapping[str, Any] | None = None
    gate: Mapping[str, Any] | None = None
    dataset_hash: str | None = None
    exit_code: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON holds it."""
        return {**asdict(self), "reasons": list(self.reasons)}


@dataclass(frozen=True)
class TrainResult:
    """What became of each tag, and the manifest of the run; `exit_code` is the worst of all."""

    run_id: str
    outcomes: tuple[TagTraining, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 when every tag was promoted."""
        return max((one.exit_code for one in self.outcomes), default=0)

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON holds it."""
        return {
            "run_id": self.run_id,
            "exit_code": self.exit_code,
            "tags": [one.as_dict() for one in self.outcomes],
        }


def train(project: Project, store: Store, tags: Sequence[str] | None, clock: Clock, progress: Progress) -> TrainResult:
    """What became of each predictive tag; they pass or are refused one by one.

    Scoring goes on meanwhile: the store is locked only to write what was learned from.

    Args:
        tags: their names; all predictive tags when None.

    Raises:
        UsageError: a name is not a predictive tag.
        RefusedError: nothing was ingested yet.
        LockedError: another training of the project is at work.
    """
    chosen = predictive_tags(project, tags)
    started = clock.now()
    log = EventLog.open(store)
    tell_of_compiling(progress)
    with _registry_lock(project):
        registry = Registry.open(project.root, project.spec.project)
        run = _Run(project, store, registry, progress)
        result = TrainResult(new_run_id("train", clock, ",".join(chosen)), tuple(run.attempt(tag) for tag in chosen))
    manifest = {
        "command": "train",
        "project": project.spec.project,
        "started": shown(started),
        "ended": shown(clock.now()),
        "versions": {"events": log.version},
        **result.as_dict(),
    }
    write_manifest(store.root, {**manifest, "tags": [{**one.as_dict(), "evaluation": None} for one in result.outcomes]})
    return replace(result, manifest=manifest)


def promote(project: Project, store: Store, tag: str, version: int | None) -> dict[str, Any]:
    """The tag, the version that is champion now, and the one before.

    Raises:
        UsageError: the project has no predictive tag of that name.
        GateError: there is no such version.
    """
    question_of(project, tag)
    with _registry_lock(project), store.lock():
        return Registry.open(project.root, project.spec.project).promote(store.root, tag, version)


def rollback(project: Project, store: Store, tag: str) -> dict[str, Any]:
    """The tag, the version that is champion again, and the one it replaces.

    Raises:
        UsageError: the project has no predictive tag of that name.
        GateError: there is no champion, or none before it.
    """
    question_of(project, tag)
    with _registry_lock(project), store.lock():
        return Registry.open(project.root, project.spec.project).rollback(store.root, tag)


@dataclass(frozen=True)
class _Run:
    project: Project
    store: Store
    registry: Registry
    progress: Progress

    def attempt(self, tag: str) -> TagTraining:
        """The tag, trained or refused; only what Limner refuses on purpose is caught."""
        try:
            return self._train(tag)
        except LimnerError as error:
            return TagTraining(tag, "refused", str(error), exit_code=error.exit_code)

    def _train(self, tag: str) -> TagTraining:
        spec = self.project.spec.training
        log = EventLog.open(self.store)
        dataset = dataset_of(self.project, self.store, tag, self.progress)
        question = question_of(self.project, tag)
        lesson = lesson_of(question.target)
        divided = split(
            dataset.cutoffs,
            dataset.label_ends,
            dataset.labels,
            spec.folds,
            at_triggers=question.at_triggers,
            is_amount=question.target.is_amount,
        )
        journal = _mlruns(self.project) / "studies" / f"{self.project.spec.project}.{tag}.journal"
        champion = self._champion_card(tag, lesson)
        memory = Memory(journal, None if champion is None else Fitting.from_dict(champion["recipe"]))
        trained = lesson.train(dataset, divided, spec, _subject(self.project, tag), memory, self.progress)
        verdict = lesson.compare(trained, champion, spec)
        self.progress.say(f"{tag}: writing the model card and the registry's entry")
        record = lesson.record(trained, verdict, self._lineage(trained, log), self.project.text)
        return self._registered(trained, verdict, dataset, record)

    def _registered(self, trained: Learned, verdict: Verdict, dataset: Dataset, record: Record) -> TagTraining:
        tag = trained.subject.tag
        version = self.registry.record(trained.bundle, record).version
        with self.store.lock():
            self.store.recover()
            write_snapshot(self.store, dataset)
            if verdict.passed:
                self.registry.promote(self.store.root, tag, int(version))
        return TagTraining(
            tag=tag,
            outcome="promoted" if verdict.passed else "challenger",
            sentence=trained.judgement.grade.en,
            reasons=verdict.reasons,
            grade=trained.judgement.grade.letter,
            recipe=trained.recipe.sentence,
            model_version=version,
            card=self._card(tag, record.files["card.html"]),
            dataset_hash=trained.ground.dataset.fingerprint,
            evaluation={**trained.evaluation, "gate": verdict.as_dict()},
            gate=verdict.as_dict(),
            exit_code=0 if verdict.passed else 1,
        )

    def _card(self, tag: str, page: bytes) -> str:
        """Where people find the newest card of the tag; the registry keeps one for each version."""
        replace_file(self.store.root / "cards" / f"{tag}.html", page)
        return (Path(self.project.spec.store) / "cards" / f"{tag}.html").as_posix()

    def _champion_card(self, tag: str, lesson: Lesson) -> Mapping[str, Any] | None:
        """The card of the champion, if there is one that learned the same."""
        version = self.registry.version(tag, "champion")
        if version is None:
            return None
        try:
            card = self.registry.bundle(tag, version).card
            return card if lesson.is_that_of(card) else None
        except DamagedError as error:
            self.progress.say(f"{tag}: the champion cannot be compared with, for it is damaged: {error}")
            return None

    def _lineage(self, trained: Learned, log: EventLog) -> dict[str, str]:
        """Where the rows came from; an ingestion since the run began may have made the log another."""
        watermarks = [f"{source} {shown(second)}" for source, second in sorted(log.watermarks.items())]
        tables = {name: self.store.version(f"attributes_{name}") for name in sorted(self.project.spec.attributes)}
        attributes = [f"{name} {version}" for name, version in tables.items() if version is not None]
        return {
            "log version": str(log.version),
            "watermarks": ", ".join(watermarks),
            **({"attributes": ", ".join(attributes)} if attributes else {}),
            "definition": trained.subject.definition_hash,
        }


def _subject(project: Project, tag: str) -> Subject:
    spec = project.spec.tags[tag]
    if not isinstance(spec, PredictiveSpec):
        raise TypeError(f"{tag} is not predictive")
    return Subject(
        tag=tag,
        title=spec.title.en,
        title_zh=spec.title.zh,
        description=spec.description.en,
        is_absence=spec.target.absent is not None,
        definition_hash=project.definition_hash(tag),
    )


def _mlruns(project: Project) -> Path:
    return project.root / "mlruns"


def _registry_lock(project: Project) -> Any:
    """Keep other trainings and promotions of the project away."""
    return locked(_mlruns(project) / ".lock")
