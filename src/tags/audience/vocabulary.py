"""What conditions over tags may name: the columns of `current`, their types, and the values they can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from ...errors import SpecError
from ...events.spec import AttributesSpec
from ..published import current_columns
from ..spec import FactSpec, PredictiveSpec, RuleSpec, TagSpec, kind_of, shown_kinds
from ..unknown import nearest, unknown
from .declared import DeclaredAudiences

__all__ = ["Column", "Type", "Vocabulary"]

Type = Literal["text", "number", "flag"]

_OF_EACH = "valid_until"
_TIERS = ("tier", "frozen_tier")
_TELLING = ("value", "tier", "probability", "expected")
_COMPARED = ("tier", "percentile", "probability", "expected")
_QUOTES = '"‘’“”「」'
"""Quotes that are not those of texts, as word processors and Chinese keyboards write them."""
_RANGES = {"probability": (0, 1), "percentile": (0, 100)}


@dataclass(frozen=True)
class Column:
    """A column of `current` that a condition may ask for.

    `values` are all that it can hold, None where that is not known; `range` are the ends of a number that has any.
    `is_written` tells a fact that is a number or a flag, and stands in the table as text.
    """

    name: str
    tag: str
    part: str
    type: Type
    values: tuple[str, ...] | None = None
    range: tuple[int, int] | None = None
    is_written: bool = False


class Vocabulary:
    """The tags and audiences of a project, by the names that conditions have for them."""

    def __init__(self, spec: DeclaredAudiences) -> None:
        self.tags = {tag: spec.tags[tag] for tag in shown_kinds(spec.tags)}
        self._drafts = [tag for tag in spec.tags if tag not in self.tags]
        self.audiences = spec.audiences
        self._types = _types(spec.attributes)

    def column(self, tag: str, part: str | None) -> Column:
        """The column of a tag, or of a part of a prediction.

        Raises:
            SpecError: there is no such tag or part, it is a draft, or a prediction is asked for as a whole.
        """
        if tag in self._drafts:
            raise SpecError(f"{tag} is a draft, which no audience sees; write state: published")
        if tag not in self.tags:
            raise SpecError(unknown("tag", tag, self.tags))
        spec = self.tags[tag]
        parts = self.parts(tag)
        if isinstance(spec, PredictiveSpec):
            if part is None:
                named = " or ".join(f"{tag}.{one}" for one in _COMPARED if one in parts)
                raise SpecError(f"{tag} is a prediction, of which one part is compared; write {named}")
            if part not in parts:
                raise SpecError(f"{tag} has no {part}{nearest(part, parts)}; it has: {', '.join(parts)}")
            return parts[part]
        if part is not None:
            raise SpecError(f"{tag} is a {spec.kind} and has no {part}; write {tag} alone")
        return parts["value"]

    def parts(self, tag: str) -> dict[str, Column]:
        """The columns of a tag by what they are called of it: `value`, or the parts of a prediction."""
        spec = self.tags[tag]
        found = current_columns({tag: kind_of(spec)})
        return {
            part: self._column(name, tag, spec, part, field)
            for name, (_, part, field) in found.items()
            if part != _OF_EACH
        }

    def presence(self, tag: str) -> Column:
        """The column that is null where a user lacks the tag."""
        parts = self.parts(tag)
        return parts["tier"] if "tier" in parts else parts["value"]

    def telling(self, tag: str) -> list[Column]:
        """The columns that tell most of a tag: its value, or the tier and the chance or the amount."""
        parts = self.parts(tag)
        return [parts[part] for part in _TELLING if part in parts]

    def require_no_text(self, name: str, written: str) -> None:
        """Nothing, unless a name that is no tag was rather meant as a text: it stands in quotes, or is a tier or class.

        Raises:
            SpecError: it was.
        """
        if name in self.tags:
            return
        if written[:1] in _QUOTES or any(name in (self.presence(tag).values or ()) for tag in self.tags):
            raise SpecError(f"{written} is no tag; a text stands in single quotes: '{name.strip(_QUOTES)}'")

    def require_audience(self, name: str) -> None:
        """Nothing, where there is an audience of that name.

        Raises:
            SpecError: there is none.
        """
        if name not in self.audiences:
            raise SpecError(unknown("audience", name, self.audiences))

    def _column(self, name: str, tag: str, spec: TagSpec, part: str, field: pa.Field) -> Column:
        if part != "value":
            values = tuple(spec.tiers) if part in _TIERS and isinstance(spec, PredictiveSpec) else None
            type_: Type = "number" if pa.types.is_floating(field.type) else "text"
            return Column(name, tag, part, type_, values, _RANGES.get(part))
        if isinstance(spec, RuleSpec):
            return Column(name, tag, part, "text", _classes(spec))
        written = self._written(spec) if isinstance(spec, FactSpec) else "text"
        return Column(name, tag, part, written, is_written=written != "text")

    def _written(self, fact: FactSpec) -> Type:
        """What the text of a fact stands for; a feature that is no attribute is a number."""
        if fact.feature is not None:
            return self._types.get(fact.feature, "number")
        return "text" if fact.attribute is None else self._types.get(fact.attribute, "text")


def _classes(spec: RuleSpec) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*spec.classes, *([spec.otherwise] if spec.otherwise else [])]))


def _types(tables: Mapping[str, AttributesSpec]) -> dict[str, Type]:
    """How values of each attribute are compared; a category is a text."""
    named: dict[str, Type] = {"number": "number", "flag": "flag", "category": "text"}
    columns = [one for table in tables.values() for one in table.columns.items()]
    return {name: named[one if isinstance(one, str) else one.type] for name, one in columns}
