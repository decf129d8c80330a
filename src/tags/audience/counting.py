"""How many users a condition holds for, who they are, and how audiences overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ...engines.duck import quoted
from ...engines.store import Store
from ...errors import UsageError
from .condition import Condition, compiled
from .declared import Project
from .population import everybody
from .vocabulary import Column, Vocabulary

__all__ = ["Count", "Overlap", "Preview", "count", "overlap", "preview"]

_MOST_AT_ONCE = 12
"""Audiences that are set beside each other."""
_BEST_FIRST = "percentile"


@dataclass(frozen=True)
class Count:
    """How many users match a condition, and which part of everybody who has a tag they are."""

    users: int
    everybody: int

    @property
    def share(self) -> float:
        """The part of everybody, 0 to 1."""
        return self.users / self.everybody if self.everybody else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The count as JSON holds it."""
        return {**asdict(self), "share": self.share}


@dataclass(frozen=True)
class Overlap:
    """Audiences beside each other: `users[a][b]` are in both a and b, and `users[a][a]` in a."""

    audiences: tuple[str, ...]
    users: tuple[tuple[int, ...], ...]
    everybody: int

    def as_dict(self) -> dict[str, Any]:
        """The overlap as JSON holds it."""
        return {
            "audiences": list(self.audiences),
            "users": [list(row) for row in self.users],
            "everybody": self.everybody,
        }


@dataclass(frozen=True)
class Preview:
    """The first users who match a condition, with what it asks of them.

    The best percentile of the prediction that is mentioned first comes first, whose tag is `ordered_by`; without one
    users stand in the order of their ids. An expired value is None.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    ordered_by: str | None

    def as_dict(self) -> dict[str, Any]:
        """The preview as JSON holds it."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"ordered_by": self.ordered_by, "users": rows}


def count(project: Project, store: Store, text: str, now: int) -> Count:
    """How many users match a condition over tags.

    Args:
        now: the present second by the project's clock; values that have expired by then are nobody's.

    Raises:
        SpecError: the condition is wrong.
        RefusedError: nobody was scored yet.
    """
    condition = compiled(project, text)
    with everybody(project, store, now, [condition]) as population:
        users = population.rows(f"SELECT count(*) FROM everybody WHERE {condition.sql}", condition)[0][0]
        return Count(users, population.users)


def overlap(project: Project, store: Store, texts: Mapping[str, str], now: int) -> Overlap:
    """How many users match each of several conditions, and each two of them.

    Args:
        texts: the conditions, by what each is called.

    Raises:
        UsageError: there are fewer than two or too many.
        SpecError: a condition is wrong.
        RefusedError: nobody was scored yet.
    """
    if not 2 <= len(texts) <= _MOST_AT_ONCE:
        raise UsageError(f"an overlap is of 2 to {_MOST_AT_ONCE} different audiences, not of {len(texts)}")
    conditions = [compiled(project, text, f"p{place}_") for place, text in enumerate(texts.values())]
    matches = ", ".join(f"coalesce({one.sql}, false) AS a{place}" for place, one in enumerate(conditions))
    pairs = [(a, b) for a in range(len(conditions)) for b in range(a, len(conditions))]
    both = ", ".join(f"count(*) FILTER (a{a} AND a{b})" for a, b in pairs)
    query = f"SELECT {both}, count(*) FROM (SELECT {matches} FROM everybody)"
    with everybody(project, store, now, conditions) as population:
        *found, all_ = population.rows(query, *conditions)[0]
    known = dict(zip(pairs, found, strict=True))
    places = range(len(conditions))
    return Overlap(tuple(texts), tuple(tuple(known[min(a, b), max(a, b)] for b in places) for a in places), all_)


def preview(project: Project, store: Store, text: str, now: int, n: int = 20) -> Preview:
    """The first n users who match a condition over tags, in an order that stays the same.

    Raises:
        SpecError: the condition is wrong.
        RefusedError: nobody was scored yet.
    """
    condition, vocabulary = compiled(project, text), Vocabulary(project.spec)
    columns = _shown(condition, vocabulary)
    best = next((one for one in columns if one.part == _BEST_FIRST), None)
    order = "user_id" if best is None else f"{quoted(best.name)} DESC NULLS LAST, user_id"
    named = ", ".join(["user_id", *(quoted(column.name) for column in columns)])
    query = f"SELECT {named} FROM everybody WHERE {condition.sql} ORDER BY {order} LIMIT {int(n)}"
    with everybody(project, store, now, [condition], columns) as population:
        rows = population.rows(query, condition)
    names = ("user_id", *(column.name for column in columns))
    return Preview(names, tuple(rows), None if best is None else best.tag)


def _shown(condition: Condition, vocabulary: Vocabulary) -> list[Column]:
    """The columns of the tags that are mentioned, of all where none is, and the ranks of predictions."""
    tags = condition.tags or tuple(vocabulary.tags)
    ranks = [rank for tag in tags if (rank := vocabulary.parts(tag).get(_BEST_FIRST))]
    return [*(column for tag in tags for column in vocabulary.telling(tag)), *ranks]
