"""What tags say of events, features and attributes, and of each other's columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy

from ..errors import SpecError
from ..features.expressions import Column
from ..features.naming import declared_names, window_name
from ..features.spec import CohortSpec, FeaturesSpec
from ..tags.published import current_columns
from ..tags.resting import circle, columns_of, rests_on
from ..tags.rows import Kind
from ..tags.spec import FactSpec, PredictiveSpec, RuleSpec, TagSpec, kind_of
from .deliveries import Deliveries, listed, wrong_condition
from .document import Path, Problem
from .fact_references import fact_problems, no_feature
from .outcome_references import outcome_problems
from .plausible import not_positive, wrong_names
from .source_references import attribute_types
from .spec import ProjectSpec
from .validation import guess

__all__ = ["tag_problems"]


def tag_problems(spec: ProjectSpec, deliveries: Deliveries) -> Iterator[Problem]:
    """What is wrong with the tags, one after the other and beside each other."""
    yield from wrong_names(("tags",), spec.tags)
    yield from _clashes(spec.tags)
    yield from _circles(rests_on(spec.tags, spec.features))
    features = _Features(spec.features, attribute_types(spec.attributes))
    for name, tag in spec.tags.items():
        at: Path = ("tags", name)
        yield from _wrong_successor(at, name, tag, spec.tags)
        if isinstance(tag, FactSpec):
            yield from fact_problems(at, tag, (spec.features, spec.attributes), features, deliveries)
            continue
        yield from _wrong_cohort((*at, "cohort"), tag.cohort, deliveries)
        if isinstance(tag, RuleSpec):
            yield from _wrong_classes(at, tag, features, columns_of(spec.tags))
        else:
            yield from outcome_problems(at, tag, deliveries)
            yield from _wrong_tiers((*at, "tiers"), tag)


def _wrong_successor(at: Path, name: str, tag: TagSpec, tags: Mapping[str, TagSpec]) -> Iterator[Problem]:
    if tag.instead is None:
        return
    others = [other for other in tags if other != name]
    if tag.state != "deprecated":
        yield Problem((*at, "instead"), "only a deprecated tag has one instead; write state: deprecated", at_key=True)
    elif tag.instead not in others:
        near = guess(tag.instead, others)
        yield Problem((*at, "instead"), f'there is no other tag "{tag.instead}"{near}; allowed: {listed(others)}')


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

    def beside(self, others: Mapping[str, Column]) -> _Features:
        """The features and other columns; a feature goes before its namesake."""
        both = copy(self)
        both.update({name: column for name, column in others.items() if name not in self})
        return both

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


def _wrong_classes(at: Path, tag: RuleSpec, features: _Features, of_tags: Mapping[str, Column]) -> Iterator[Problem]:
    yield from wrong_names((*at, "classes"), tag.classes)
    if tag.otherwise is not None:
        for one in wrong_names(at, [tag.otherwise]):
            yield Problem((*at, "otherwise"), one.sentence)
    named = dict.fromkeys([*tag.classes, *([tag.otherwise] if tag.otherwise else [])])
    for name in tag.words:
        if name not in named:
            told = f'there is no class "{name}"{guess(name, named)}; allowed: {listed(named)}'
            yield Problem((*at, "words", name), told, at_key=True)
    yield from _wrong_scores((*at, "scores"), tag, features)
    columns = features.beside({**dict.fromkeys(tag.scores, Column()), **of_tags})
    for name, text in tag.classes.items():
        yield from wrong_condition((*at, "classes", name), text, columns)


def _wrong_scores(at: Path, tag: RuleSpec, features: _Features) -> Iterator[Problem]:
    yield from wrong_names(at, tag.scores)
    for name, score in tag.scores.items():
        if name in features:
            yield Problem((*at, name), f"{name} is also the name of a feature; rename the score", at_key=True)
        if score.of not in features:
            yield no_feature((*at, name, "of"), score.of, features)
        elif features[score.of].type != "number":
            yield Problem((*at, name, "of"), f"{score.of} is a {features[score.of].type}; a score needs a number")


def _circles(below: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """A problem where tags rest on each other, so that none of them could be made first."""
    found = circle(below)
    if found:
        told = " rests on ".join(found)
        yield Problem(("tags", found[0]), f"tags cannot rest on themselves: {told}", at_key=True)


def _wrong_tiers(at: Path, tag: PredictiveSpec) -> Iterator[Problem]:
    yield from wrong_names(at, tag.tiers)
    for name, band in tag.tiers.items():
        if band.share is not None and band.share.value == 0:
            yield Problem((*at, name), "a band of 0% holds nobody; leave it out")
