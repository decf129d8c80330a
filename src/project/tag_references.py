"""What tags say of events, features and attributes, and of each other's columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import SpecError
from ..features.expressions import Column
from ..features.naming import declared_names, window_name
from ..features.spec import CohortSpec, FeaturesSpec
from ..tags.published import current_columns
from ..tags.rows import Kind
from ..tags.spec import FactSpec, PredictiveSpec, RuleSpec, TagSpec, kind_of
from .deliveries import Deliveries, wrong_condition
from .document import Path, Problem
from .outcome_references import outcome_problems
from .plausible import not_positive, wrong_names
from .source_references import attribute_types, wrong_attribute
from .spec import ProjectSpec

__all__ = ["tag_problems"]


def tag_problems(spec: ProjectSpec, deliveries: Deliveries) -> Iterator[Problem]:
    """What is wrong with the tags, one after the other and beside each other."""
    yield from wrong_names(("tags",), spec.tags)
    yield from _clashes(spec.tags)
    features = _Features(spec.features, attribute_types(spec.attributes))
    for name, tag in spec.tags.items():
        at: Path = ("tags", name)
        if isinstance(tag, FactSpec):
            yield from wrong_attribute((*at, "attribute"), tag.attribute, spec.attributes)
            continue
        yield from _wrong_cohort((*at, "cohort"), tag.cohort, deliveries)
        if isinstance(tag, RuleSpec):
            yield from _wrong_classes(at, tag, features)
        else:
            yield from outcome_problems(at, tag, deliveries)
            yield from _wrong_tiers((*at, "tiers"), tag)


class _Features(dict[str, Column]):
    """The features of rules; those of a category's values are known by the ends of their names alone."""

    def __init__(self, features: FeaturesSpec, attributes: Mapping[str, str]) -> None:
        types = {name: attributes.get(name) for name in features.attributes}
        names = declared_names(features)
        super().__init__({name: Column("category" if types.get(name) == "category" else "number") for name in names})
        self._ends = [
            (f"{by.signal}_{property_}_", f"_{by.aggregate}_{window_name(window.seconds)}")
            for property_, by in features.by.items()
            for window in by.windows or features.windows
        ]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or self._is_of_a_value(str(name))

    def __missing__(self, name: str) -> Column:
        return Column()

    def _is_of_a_value(self, name: str) -> bool:
        ends = [(start, end) for start, end in self._ends if name.startswith(start) and end in name]
        return any(len(name) > len(start) + len(end) for start, end in ends)


def _clashes(tags: Mapping[str, TagSpec]) -> Iterator[Problem]:
    """Problems where two tags would write the same column of the wide table."""
    kinds: dict[str, Kind] = {}
    for name, tag in tags.items():
        try:
            current_columns({**kinds, name: kind_of(tag)})
        except SpecError as error:
            yield Problem(("tags", name), str(error).removeprefix(f"tags.{name}: "), at_key=True)
        else:
            kinds[name] = kind_of(tag)


def _wrong_cohort(at: Path, cohort: CohortSpec | None, deliveries: Deliveries) -> Iterator[Problem]:
    if cohort is not None:
        yield from deliveries.wrong_event((*at, "event_type"), cohort.event_type)
        yield from deliveries.wrong_where((*at, "where"), cohort.where, cohort.event_type)
        yield from not_positive((*at, "within"), cohort.within)


def _wrong_classes(at: Path, tag: RuleSpec, features: _Features) -> Iterator[Problem]:
    yield from wrong_names((*at, "classes"), tag.classes)
    if tag.otherwise is not None:
        for one in wrong_names(at, [tag.otherwise]):
            yield Problem((*at, "otherwise"), one.sentence)
    for name, text in tag.classes.items():
        yield from wrong_condition((*at, "classes", name), text, features)


def _wrong_tiers(at: Path, tag: PredictiveSpec) -> Iterator[Problem]:
    yield from wrong_names(at, tag.tiers)
    for name, share in tag.tiers.items():
        if share.value == 0:
            yield Problem((*at, name), "a band of 0% holds nobody; leave it out")
