"""What rules rest on: features, scores and other tags, and in which order tags can be made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from ..errors import SpecError
from ..features.expressions import Column, names_in
from ..features.naming import declared_names
from ..features.spec import FeaturesSpec
from .spec import PredictiveSpec, RuleSpec, TagSpec, kind_of

__all__ = ["ASKED_FOR", "circle", "columns_of", "names_of_rule", "rests_on", "with_those_below"]

_OF_RANKS = {
    "tier": "category",
    "frozen_tier": "category",
    "percentile": "number",
    "score": "number",
    "trend": "number",
}
_OF_CHANCES = {"probability": "number"}
_OF_AMOUNTS = dict.fromkeys(("expected", "low", "median", "high"), "number")
ASKED_FOR = ("value", *_OF_RANKS, *_OF_CHANCES, *_OF_AMOUNTS)
"""Columns of rows that conditions over tags may ask for, whatever the tag is."""


def columns_of(tags: Mapping[str, TagSpec]) -> dict[str, Column]:
    """What conditions may ask of tags: `churn.tier` of a prediction, `rfm_class` or `rfm_class.value` of any other.

    Facts are texts here, whatever they show.
    """
    columns: dict[str, Column] = {}
    for tag, spec in tags.items():
        if spec.kind == "predictive":
            parts = _OF_AMOUNTS if kind_of(spec) == "value" else _OF_CHANCES
            columns |= {f"{tag}.{name}": Column(type_) for name, type_ in (_OF_RANKS | parts).items()}
            columns |= dict.fromkeys((f"{tag}.tier", f"{tag}.frozen_tier"), Column("category", values=_values(spec)))
        else:
            columns |= dict.fromkeys((tag, f"{tag}.value"), Column("category", values=_values(spec)))
    return columns


def _values(spec: TagSpec) -> tuple[str, ...] | None:
    """The tiers or classes that users of a tag can be in; None of a fact, whose values come with the data."""
    if isinstance(spec, PredictiveSpec):
        return tuple(spec.tiers)
    return (*spec.classes, *([spec.otherwise] if spec.otherwise else [])) if isinstance(spec, RuleSpec) else None


def names_of_rule(spec: RuleSpec) -> set[str]:
    """All that the conditions of a rule name, and the features of its scores, which stand for the scores' names.

    Raises:
        SpecError: a condition cannot be read.
    """
    named = set().union(*(names_in(text) for text in spec.classes.values()))
    return (named - set(spec.scores)) | {score.of for score in spec.scores.values()}


def rests_on(tags: Mapping[str, TagSpec], features: FeaturesSpec) -> dict[str, tuple[str, ...]]:
    """The other tags that each tag is made of, in the order of the project file; a feature goes before its namesake."""
    own = set(declared_names(features))
    below = {}
    for tag, spec in tags.items():
        named = _readable_names(spec) - own if isinstance(spec, RuleSpec) else set()
        of_tags = {name.partition(".")[0] for name in named}
        below[tag] = tuple(other for other in tags if other in of_tags)
    return below


def with_those_below(chosen: Iterable[str], below: Mapping[str, Sequence[str]]) -> list[str]:
    """The tags and all that they rest on: first those that rest on no other, as declared, then those above them."""
    wanted: set[str] = set()
    waiting = list(chosen)
    while waiting:
        tag = waiting.pop()
        if tag not in wanted:
            wanted.add(tag)
            waiting += below[tag]
    order = TopologicalSorter({tag: below[tag] for tag in below if tag in wanted})
    return list(order.static_order())


def circle(below: Mapping[str, Sequence[str]]) -> list[str]:
    """Tags of which each rests on the next, and the last is the first again; empty where there is no such circle.

    >>> circle({"a": ["b"], "b": ["c"], "c": ["b"]}) in (["b", "c", "b"], ["c", "b", "c"])
    True
    """
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


def _readable_names(spec: RuleSpec) -> set[str]:
    """The names of a rule; none of one that cannot be read, which is said elsewhere."""
    try:
        return names_of_rule(spec)
    except (SpecError, RecursionError):
        return set()
