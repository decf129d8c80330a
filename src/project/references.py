"""What the parts of a project file say of each other: names that must exist, types that must fit."""

from __future__ import annotations

from collections.abc import Iterator

from .deliveries import Deliveries, listed
from .document import Problem
from .feature_references import feature_problems
from .plausible import not_positive, repeated
from .source_references import attribute_problems, source_problems
from .spec import ProjectSpec
from .tag_references import tag_problems
from .validation import guess

__all__ = ["problems_among"]

_ALARMS = ("too_good", "one_property", "only_positives", "undated_attribute")
"""Alarms that keep a model from being published unless they are accepted."""


def problems_among(spec: ProjectSpec) -> list[Problem]:
    """One problem for each name that nothing bears, and each thing of the wrong type or size."""
    deliveries = Deliveries(spec.sources)
    return [
        *_of_the_whole(spec),
        *source_problems(spec.sources),
        *attribute_problems(spec.attributes),
        *feature_problems(spec, deliveries),
        *tag_problems(spec, deliveries),
    ]


def _of_the_whole(spec: ProjectSpec) -> Iterator[Problem]:
    if not spec.store.strip() or "://" in spec.store:
        yield Problem(("store",), f'"{spec.store}" is not a folder; write one such as data/{spec.project}')
    yield from not_positive(("max_staleness",), spec.max_staleness)
    accepted = spec.training.gate.accept_alarms
    yield from repeated(("training", "gate", "accept_alarms"), accepted)
    for place, name in enumerate(accepted):
        if name not in _ALARMS:
            sentence = (
                f'there is no alarm "{name}" that stops a model{guess(name, _ALARMS)}; allowed: {listed(_ALARMS)}'
            )
            yield Problem(("training", "gate", "accept_alarms", place), sentence)
