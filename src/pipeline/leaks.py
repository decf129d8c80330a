"""The use case `check --leaks`: no feature sees the future, and what was trained on still comes out of the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..engines.store import Store
from ..errors import LimnerError
from ..events.log import EventLog
from ..features.attributes import Attributes
from ..progress import Progress
from ..project import Project
from .attributes import attributes_of
from .compiling import tell_of_compiling
from .finding import Finding, refused
from .foresight import Foresight
from .questions import predictive_tags, question_of
from .skew import about_training

__all__ = ["leaks"]


def leaks(project: Project, store: Store, tags: Sequence[str] | None, progress: Progress) -> list[Finding]:
    """What was found for each predictive tag, all of them unless named; refused where something leaks or differs.

    Raises:
        UsageError: a name is not a predictive tag.
        RefusedError: nothing was ingested yet.
    """
    chosen, log = predictive_tags(project, tags), EventLog.open(store)
    tell_of_compiling(progress)
    search = _Search(project, store, log, attributes_of(project.spec, store), progress)
    return [finding for tag in chosen for finding in search.findings(tag)]


@dataclass(frozen=True)
class _Search:
    project: Project
    store: Store
    log: EventLog
    attributes: Attributes
    progress: Progress

    def findings(self, tag: str) -> Iterator[Finding]:
        """What there is to say of a tag; what cannot be looked at yet is a warning, for then nothing leaks either."""
        try:
            yield self._future(tag)
        except LimnerError as error:
            yield replace(refused(tag, "future", error), level="warning")
        yield self._facts(tag)
        question = question_of(self.project, tag)
        try:
            yield about_training(self.project, self.store, self.log, question, self.attributes)
        except LimnerError as error:
            yield refused(tag, "training", error)

    def _future(self, tag: str) -> Finding:
        question, spec = question_of(self.project, tag), self.project.spec
        return Foresight.of(self.log, question, spec.features, self.attributes, spec.training.seed).finding(
            self.progress
        )

    def _facts(self, tag: str) -> Finding:
        """Whether attributes that are features have dates; without, nobody can tell what was known when."""
        used = self.project.spec.features.attributes
        undated = [name for name in used if not self.attributes.sources[name].is_dated]
        if undated:
            told = f"{', '.join(undated)}: undated, so they may know the outcome, and no test can tell"
            return Finding("warning", "attributes", told, "give the table a valid_from, or leave them out", tag)
        told = "those that are features are dated" if used else "none is a feature"
        return Finding("ok", "attributes", told, "", tag)
