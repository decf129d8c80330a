"""The plan: every feature with all that is needed to compute it again, years later, on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from ..engines.files import canonical_json
from ..errors import DamagedError
from .bucket import Needs, Stream
from .wording import Wording, around, digits, say, sentence, unit

__all__ = ["AttributeSource", "Feature", "Part", "Plan", "Signal", "stream_key"]

Type = Literal["number", "category", "flag"]
_NO_QUANTITY = ("category", "flag")
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Signal:
    """The events, and their value, that features are computed of."""

    stream: Stream
    value: str | None = None
    type: Type | None = None
    decimals: int = 0

    __pydantic_config__ = _STRICT


@dataclass(frozen=True)
class AttributeSource:
    """Where an attribute is found."""

    table: str
    column: str
    type: Type
    decimals: int
    is_dated: bool

    __pydantic_config__ = _STRICT


@dataclass(frozen=True)
class Part:
    """The events of a signal whose property has a value; None stands for all values without a part of their own."""

    property: str
    value: str | None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True)
class Feature:
    """One column of the vectors: what it is computed of, and how it is said.

    `source` is a signal, an attribute or a trigger's property, and `label` what people call it. `windows` are in
    seconds: none for all history, two for a trend. `texts` is the vocabulary of a category: code 1 is its first
    value, 0 any other.
    """

    name: str
    role: Literal["history", "attribute", "trigger"]
    source: str
    aggregate: str
    label: str
    windows: tuple[int, ...] = ()
    part: Part | None = None
    type: Type = "number"
    decimals: int = 0
    texts: tuple[str, ...] = ()
    label_zh: str = ""

    __pydantic_config__ = _STRICT

    @property
    def group(self) -> str:
        """What the feature is about; features of one group say much the same."""
        return self.source

    @property
    def is_category(self) -> bool:
        """Whether its values are codes of a vocabulary, not quantities."""
        return self.type == "category" and self.role != "history"

    @property
    def is_quantity(self) -> bool:
        """Whether its values are more or less of something."""
        return self.unit not in _NO_QUANTITY

    @property
    def unit(self) -> str:
        """What one of it is, such as days or events."""
        return unit(self._wording)

    def sentence(self, language: Literal["en", "zh"]) -> str:
        """The definition, in words."""
        return sentence(self._wording, language)

    def say(self, value: float, language: Literal["en", "zh"]) -> str:
        """What a value of it means, in words; NaN is missing."""
        return say(self._wording, value, language)

    def around(self, language: Literal["en", "zh"]) -> tuple[str, str] | None:
        """What `say` puts before and after an amount above zero; None where its sentence holds no amount."""
        return around(self._wording, language)

    @property
    def digits(self) -> int:
        """How many digits after the point `say` shows at most."""
        return digits(self._wording)

    @cached_property
    def _wording(self) -> Wording:
        part = None if self.part is None else (self.part.property, self.part.value)
        labels = self.label, self.label_zh or self.label
        return Wording(self.role, self.aggregate, labels, self.windows, part, self.type, self.decimals, self.texts)


@dataclass(frozen=True)
class Plan:
    """All features of a vector, in order, and what they rest on.

    `parts` are the values of a property that have features of their own. A user whose first event lies
    before `known_since`, in seconds, may be older than the log, so their age is missing.
    """

    features: tuple[Feature, ...]
    signals: Mapping[str, Signal]
    known_since: int
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, AttributeSource] = field(default_factory=dict)

    __pydantic_config__ = _STRICT

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, in order."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of its JSON."""
        return sha256(self.to_json().encode()).hexdigest()

    @cached_property
    def needs(self) -> Needs:
        """What its features ask of the log."""
        used = [(feature, self.signals[feature.source]) for feature in self.features if feature.role == "history"]
        values = {signal.value: signal.type for _, signal in used if signal.value}
        return Needs(
            streams={stream_key(signal.stream): signal.stream for _, signal in used},
            numbers=frozenset(name for name, type_ in values.items() if type_ == "number"),
            categories=frozenset(name for name, type_ in values.items() if type_ != "number")
            | frozenset(feature.part.property for feature, _ in used if feature.part),
        )

    @cached_property
    def programs(self) -> dict[Any, Any]:
        """What was made of it for buckets that speak alike, so that it is made once."""
        return {}

    def to_json(self) -> str:
        """The plan as canonical JSON."""
        return canonical_json(_ADAPTER.dump_python(self, mode="json"))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that was written as JSON.

        Raises:
            DamagedError: the text is not a plan.
        """
        try:
            plan = _ADAPTER.validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(step) for step in first["loc"]) or "the text"
            raise DamagedError(f"not a plan: {place}: {first['msg']}; restore it, or train again") from None
        return plan


def stream_key(stream: Stream) -> str:
    """The name under which features ask for a stream: equal streams share it, and no label's stream has it.

    >>> stream_key(Stream("purchase", "amount > 9"))
    'purchase | amount > 9'
    """
    return f"{stream.event_type} | {stream.where or ''}"


_ADAPTER = TypeAdapter(Plan)
