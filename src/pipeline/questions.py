"""What the predictive tags of a project ask."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UsageError
from ..features.question import TagQuestion
from ..project import Project
from ..tags.spec import PredictiveSpec
from ..tags.unknown import unknown

__all__ = ["predictive_tags", "question_of", "tags_of"]


def question_of(project: Project, tag: str) -> TagQuestion:
    """What the tag asks of the log.

    Raises:
        UsageError: the project has no predictive tag of that name.
    """
    spec = project.spec.tags.get(tag)
    if not isinstance(spec, PredictiveSpec):
        known = ", ".join(predictive_tags(project)) or "none"
        found = "is not a predictive tag" if spec else "is not a tag of the project"
        raise UsageError(f"{tag} {found}; predictive tags are: {known}")
    return TagQuestion(tag, spec.cohort, spec.target, spec.cutoffs, spec.valid_for)


def predictive_tags(project: Project, named: Sequence[str] | None = None) -> list[str]:
    """The predictive tags in the order of the project file; all of them when none is named.

    Raises:
        UsageError: a name is not a predictive tag.
    """
    known = [tag for tag, spec in project.spec.tags.items() if isinstance(spec, PredictiveSpec)]
    if named is None:
        return known
    for tag in named:
        question_of(project, tag)
    return [tag for tag in known if tag in set(named)]


def tags_of(project: Project, named: Sequence[str] | None = None) -> list[str]:
    """The tags of every kind in the order of the project file; all of them when none is named.

    Raises:
        UsageError: a name is not a tag.
    """
    known = list(project.spec.tags)
    for tag in named or ():
        if tag not in known:
            raise UsageError(unknown("tag", tag, known))
    return known if named is None else [tag for tag in known if tag in set(named)]
