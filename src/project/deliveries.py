"""What the sources deliver: event types, and the properties that come with each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ..errors import SpecError
from ..events.spec import PropertySpec, SourceSpec
from ..features.expressions import Column, Typed, condition
from .document import Path, Problem
from .validation import guess

__all__ = ["Deliveries", "listed", "wrong_condition"]


class Deliveries:
    """The event types and properties of all sources.

    A source that reads its event types from a column may carry any. Where there is one, no event type is
    unknown for certain, and its properties may come with every event type.
    """

    def __init__(self, sources: Mapping[str, SourceSpec]) -> None:
        self._sources = sources
        self._named = sorted({one.event_type for one in sources.values() if isinstance(one.event_type, str)})
        self._is_open = any(not isinstance(one.event_type, str) for one in sources.values())

    def knows(self, event_type: str) -> bool:
        """Whether a source may carry the event type."""
        return self._is_open or event_type in self._named

    def properties(self, event_type: str) -> dict[str, PropertySpec]:
        """The properties of all sources that may carry the event type, by name."""
        found: dict[str, PropertySpec] = {}
        for source in self._sources.values():
            if source.event_type == event_type or not isinstance(source.event_type, str):
                found = {**source.properties, **found}
        return found

    def wrong_event(self, path: Path, event_type: str) -> list[Problem]:
        """A problem where no source carries the event type."""
        if self.knows(event_type):
            return []
        near = guess(event_type, self._named)
        return [Problem(path, f'no source has the event type "{event_type}"{near}; allowed: {listed(self._named)}')]

    def wrong_where(self, path: Path, text: str | None, event_type: str) -> list[Problem]:
        """A problem where the condition cannot be read or does not fit the event type's properties."""
        if text is None or not self.knows(event_type):
            return []
        return wrong_condition(path, text, {name: _column(one) for name, one in self.properties(event_type).items()})

    def wrong_property(self, path: Path, name: str, event_type: str, allowed: Collection[str]) -> list[Problem]:
        """A problem where the event type has no such property, or has it in a type that is not allowed."""
        if not self.knows(event_type):
            return []
        known = self.properties(event_type)
        if name not in known:
            near = guess(name, known)
            return [Problem(path, f'{event_type} has no property "{name}"{near}; allowed: {listed(known)}')]
        if known[name].type in allowed:
            return []
        fitting = listed(other for other, one in known.items() if one.type in allowed)
        wanted = " or ".join(sorted(allowed))
        return [Problem(path, f"{name} is a {known[name].type} and must be a {wanted}; allowed: {fitting}")]


def wrong_condition(path: Path, text: str, columns: Mapping[str, Typed]) -> list[Problem]:
    """A problem where the condition cannot be read or does not fit the columns."""
    try:
        condition(text, columns)
    except SpecError as error:
        return [Problem(path, str(error))]
    except RecursionError:
        return [Problem(path, "the condition is too long or too deep; write it with in (…), or in parts")]
    return []


def listed(names: Iterable[str]) -> str:
    """The names in order, as messages list them.

    >>> listed(["b", "a"]), listed([])
    ('a, b', 'none')
    """
    return ", ".join(sorted(names)) or "none"


def _column(spec: PropertySpec) -> Column:
    return Column(spec.type, spec.decimals if spec.type == "number" else 0)
