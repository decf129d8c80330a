"""What was ticked in the builder of audiences, as a condition over tags in the language that they are written in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from ..engines.duck import literal
from ..tags.catalogue import Entry
from ..tags.spec import PredictiveSpec, TagSpec, kind_of
from .saying import Tongue

__all__ = ["Choice", "Facet", "address_of", "condition_of", "facets_of"]

_TAG, _NOT, _LEAST, _BUT = "tag.", "not.", "least.", "but"
_JOINS = ("and", "or")


@dataclass(frozen=True)
class Choice:
    """A tier, class or value that can be ticked; `users` have it now."""

    value: str
    name: str
    users: str
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """A tag in the builder: what can be ticked of it, whether it is turned around, and the least chance, of 100."""

    tag: str
    title: str
    choices: tuple[Choice, ...]
    is_not: bool
    least: str
    has_chance: bool

    @property
    def is_open(self) -> bool:
        """Whether anything of it was chosen."""
        return bool(self.least) or any(choice.is_chosen for choice in self.choices)


def facets_of(entries: Sequence[Entry], asked: QueryParams, t: Tongue) -> tuple[Facet, ...]:
    """Every tag that somebody has, with what is ticked of it."""
    return tuple(_facet(entry, asked, t) for entry in entries)


def condition_of(asked: QueryParams, tags: dict[str, TagSpec]) -> str:
    """The condition that was ticked; empty when nothing was.

    Within a tag one value is enough; between tags all must hold, or one, as was chosen. Audiences that are left out
    are left out in any case.
    """
    join = asked.get("join", _JOINS[0])
    parts = [part for tag, spec in tags.items() for part in _parts(tag, spec, asked)]
    text = f" {join if join in _JOINS else _JOINS[0]} ".join(parts)
    without = [f"not audience({literal(name)})" for name in asked.getlist(_BUT) if name]
    if not without:
        return text
    bracketed = f"({text})" if len(parts) > 1 and join == "or" else text
    return " and ".join([*([bracketed] if text else []), *without])


def address_of(page: str, **asked: str) -> str:
    """The address of a page with what is asked of it.

    >>> address_of("/build", where="size = '5+'")
    '/build?where=size+%3D+%275%2B%27'
    """
    return f"{page}?{urlencode({name: text for name, text in asked.items() if text})}"


def _facet(entry: Entry, asked: QueryParams, t: Tongue) -> Facet:
    chosen = set(asked.getlist(_TAG + entry.tag))
    name = str if entry.kind == "fact" else t.name
    bands = entry.rows.bands if entry.rows else ()
    return Facet(
        tag=entry.tag,
        title=t.said(entry.title),
        choices=tuple(Choice(one.name, name(one.name), t.count(one.users), one.name in chosen) for one in bands),
        is_not=asked.get(_NOT + entry.tag) == "1",
        least=asked.get(_LEAST + entry.tag, "")[:6],
        has_chance=entry.kind == "predictive",
    )


def _parts(tag: str, spec: TagSpec, asked: QueryParams) -> Iterator[str]:
    values = asked.getlist(_TAG + tag)
    is_not = asked.get(_NOT + tag) == "1"
    column = f"{tag}.tier" if isinstance(spec, PredictiveSpec) else tag
    if len(values) == 1:
        yield f"{column} {'!=' if is_not else '='} {literal(values[0])}"
    elif values:
        listed = ", ".join(literal(value) for value in values)
        yield f"{column} {'not in' if is_not else 'in'} ({listed})"
    least = asked.get(_LEAST + tag, "").strip()
    if kind_of(spec) == "predictive" and least:
        yield f"{tag}.probability >= {_share(least)}"


def _share(of_hundred: str) -> str:
    """The share of so many of a hundred; what is no number stays as it is, and is told of when the text is read.

    >>> _share("30"), _share("2.5"), _share("many")
    ('0.3', '0.025', 'many')
    """
    try:
        return f"{float(of_hundred) / 100:g}"
    except ValueError:
        return of_hundred
