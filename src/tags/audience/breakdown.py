"""An audience beside everybody: how often each tier, class or value of a tag occurs here and there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...engines.duck import quoted
from ...engines.store import Store
from ...errors import UsageError
from ..declared import Said
from ..declared import title_of as title_of_tag
from ..rows import Kind
from ..unknown import unknown
from .condition import Condition, compiled
from .declared import Project
from .population import Population, everybody
from .vocabulary import Column, Vocabulary

__all__ = ["Breakdown", "Counts", "Slice", "breakdown", "breakdowns", "columns_of", "divided"]

Counts = dict[str | None, tuple[int, int]]
"""Of each value of a tag, None where it is lacking, how many of the audience have it, and how many of everybody."""

_AT_ONCE = 32
"""Tags that are looked at in one reading."""
_TOP = 20
"""Values of a fact that are shown by themselves."""


@dataclass(frozen=True)
class Slice:
    """The users with one tier, class or value; `name` is None for those who lack the tag or whose value has expired.

    `share` is the part of the audience, `share_of_all` that of everybody. `index` (TGI) is 100 times the one by the
    other: above 100, the value is more frequent here than among everybody. It is None where nobody has the value.
    """

    name: str | None
    users: int
    everybody: int
    share: float
    share_of_all: float
    index: float | None


@dataclass(frozen=True)
class Breakdown:
    """An audience by a tag: tiers and classes as they are declared, values by how many users have them.

    Of more than 20 values the rest is counted together in `others`, which is None where there is none.
    """

    tag: str
    kind: Kind
    title: Said
    users: int
    everybody: int
    slices: tuple[Slice, ...]
    others: Slice | None = None

    def as_dict(self) -> dict[str, Any]:
        """The breakdown as JSON holds it."""
        return {**asdict(self), "title": self.title.as_dict(), "slices": [asdict(one) for one in self.slices]}


def breakdown(project: Project, store: Store, text: str, by: str, now: int) -> Breakdown:
    """The users who match a condition over tags, by a tag, beside everybody.

    Args:
        by: the tag; a prediction is broken down by its tiers.

    Raises:
        SpecError: the condition is wrong.
        UsageError: there is no such tag, or it is a draft.
        RefusedError: nobody was scored yet.
    """
    return breakdowns(project, store, text, [by], now)[0]


def breakdowns(project: Project, store: Store, text: str, tags: Sequence[str], now: int) -> list[Breakdown]:
    """The same by each of several tags, in their order."""
    condition, columns = compiled(project, text), columns_of(project, tags)
    found: list[Breakdown] = []
    for start in range(0, len(tags), _AT_ONCE):
        part = {by: columns[by] for by in tags[start : start + _AT_ONCE]}
        with everybody(project, store, now, [condition], part.values()) as population:
            counts = _counts([*part.values()], population, condition)
        found += [divided(project, by, column, counts[column.name]) for by, column in part.items()]
    return found


def columns_of(project: Project, tags: Sequence[str]) -> dict[str, Column]:
    """The column by which each of some tags divides users.

    Raises:
        UsageError: there is no such tag, or it is a draft.
    """
    vocabulary = Vocabulary(project.spec)
    for by in tags:
        _require(by, project, vocabulary)
    return {by: vocabulary.presence(by) for by in tags}


def divided(project: Project, by: str, column: Column, counts: Counts) -> Breakdown:
    """The breakdown by a tag that follows from how many of an audience, and of everybody, have each of its values."""
    inside, all_ = (sum(one[place] for one in counts.values()) for place in (0, 1))

    def slice_of(name: str | None, *names: str | None) -> Slice:
        found = [counts.get(one, (0, 0)) for one in names or (name,)]
        return _slice(name, sum(one[0] for one in found), sum(one[1] for one in found), (inside, all_))

    shown, rest = _ordered(counts, column.values)
    lacking = [slice_of(None)] if None in counts else []
    others = slice_of("", *rest) if rest else None
    spec = project.spec.tags[by]
    return Breakdown(by, spec.kind, title_of_tag(by, spec), inside, all_, (*map(slice_of, shown), *lacking), others)


def _require(tag: str, project: Project, vocabulary: Vocabulary) -> None:
    if tag in vocabulary.tags:
        return
    if tag in project.spec.tags:
        raise UsageError(f"{tag} is a draft, which no audience sees; write state: published")
    raise UsageError(unknown("tag", tag, vocabulary.tags))


def _counts(columns: Sequence[Column], population: Population, condition: Condition) -> dict[str, Counts]:
    """How many of the audience and of everybody have each value of each column, by its name, in one reading."""
    names = [quoted(column.name) for column in columns]
    sets = ", ".join(f"({name})" for name in names)
    query = f"""
        SELECT GROUPING({", ".join(names)}), {", ".join(names)}, count(*) FILTER ({condition.sql}), count(*)
        FROM everybody GROUP BY GROUPING SETS ({sets})
    """
    counts: dict[str, Counts] = {column.name: {} for column in columns}
    for left_out, *values, inside, all_ in population.rows(query, condition):
        place = next(place for place in range(len(columns)) if not left_out >> (len(columns) - 1 - place) & 1)
        counts[columns[place].name][values[place]] = (inside, all_)
    return counts


def _ordered(counts: Counts, declared: tuple[str, ...] | None) -> tuple[list[str], list[str]]:
    """The names that are shown, and those that are counted together."""
    first = list(declared or ())
    others = [name for name in counts if name is not None and name not in first]
    ordered = [*first, *sorted(others, key=lambda name: (-counts[name][0], -counts[name][1], name))]
    return (ordered, []) if len(ordered) <= _TOP + 1 else (ordered[:_TOP], ordered[_TOP:])


def _slice(name: str | None, users: int, everybody: int, of: tuple[int, int]) -> Slice:
    share, share_of_all = (part / whole if whole else 0.0 for part, whole in zip((users, everybody), of, strict=True))
    index = 100 * share / share_of_all if share_of_all and of[0] else None
    return Slice(name, users, everybody, share, share_of_all, index)
