"""What the parts of a project file say of each other: names that must exist, types that must fit."""

from __future__ import annotations

from collections.abc import Iterator

from .audience_references import audience_problems
from .deliveries import Deliveries
from .document import Problem
from .feature_references import feature_problems
from .plausible import not_positive
from .sink_references import sink_problems
from .source_references import attribute_problems, source_problems
from .spec import ProjectSpec, RetentionSpec
from .tag_references import tag_problems
from .training_references import training_problems

__all__ = ["problems_among"]


def problems_among(spec: ProjectSpec) -> list[Problem]:
    """One problem for each name that nothing bears, and each thing of the wrong type or size."""
    deliveries = Deliveries(spec.sources)
    return [
        *_of_the_whole(spec),
        *source_problems(spec.sources),
        *attribute_problems(spec.attributes),
        *feature_problems(spec, deliveries),
        *training_problems(spec),
        *tag_problems(spec, deliveries),
        *audience_problems(spec),
        *sink_problems(spec),
    ]


def _of_the_whole(spec: ProjectSpec) -> Iterator[Problem]:
    if not spec.store.strip() or "://" in spec.store:
        yield Problem(("store",), f'"{spec.store}" is not a folder; write one such as data/{spec.project}')
    yield from not_positive(("max_staleness",), spec.max_staleness)
    yield from _of_retention(spec.retention)


def _of_retention(spec: RetentionSpec) -> Iterator[Problem]:
    yield from not_positive(("retention", "tags"), spec.tags)
    yield from not_positive(("retention", "manifests"), spec.manifests)
    if spec.readers.seconds < 0:
        yield Problem(("retention", "readers"), f"{spec.readers} is less than no time; write 0d or more, such as 1d")
