"""What the project file says of training: alarms and features that it names must exist."""

from __future__ import annotations

from collections.abc import Iterator

from ..features.naming import declared_names
from ..tags.spec import PredictiveSpec
from .deliveries import listed
from .document import Path, Problem
from .plausible import repeated
from .spec import ProjectSpec
from .validation import guess

__all__ = ["training_problems"]

_ALARMS = ("too_good", "one_property", "only_positives", "undated_attribute")
"""Alarms that keep a model from being published unless they are accepted."""


def training_problems(spec: ProjectSpec) -> Iterator[Problem]:
    """One problem for each alarm that stops nothing, and each feature that is not declared."""
    accepted, path = spec.training.gate.accept_alarms, ("training", "gate", "accept_alarms")
    yield from repeated(path, accepted)
    for place, name in enumerate(accepted):
        if name not in _ALARMS:
            sentence = (
                f'there is no alarm "{name}" that stops a model{guess(name, _ALARMS)}; allowed: {listed(_ALARMS)}'
            )
            yield Problem((*path, place), sentence)
    yield from repeated(("training", "segments"), spec.training.segments)
    for place, name in enumerate(spec.training.segments):
        yield from _wrong_feature(("training", "segments", place), name, spec, _features(spec))
    for name in spec.training.monotone:
        known = [*spec.features.signals, *_features(spec)]
        yield from _wrong_feature(("training", "monotone", name), name, spec, known, at_key=True)


def _features(spec: ProjectSpec) -> list[str]:
    """The features whose names the project file decides, those of triggers among them."""
    predictive = [tag for tag in spec.tags.values() if isinstance(tag, PredictiveSpec)]
    return [*declared_names(spec.features), *(name for tag in predictive for name in tag.cutoffs.known)]


def _wrong_feature(
    path: Path, name: str, spec: ProjectSpec, known: list[str], *, at_key: bool = False
) -> Iterator[Problem]:
    parts = tuple(f"{by.signal}_{property_}_" for property_, by in spec.features.by.items())
    if name not in known and not name.startswith(parts):
        yield Problem(path, f'there is no feature "{name}"{guess(name, known)}', at_key=at_key)
