"""Conditions of the project file: read, checked against what is allowed, and written anew as SQL.

No text of a user reaches the database as it was written. A number property is kept as a whole number
of its smallest unit, so literals are scaled exactly: with two decimals `amount > 9.995` is `"amount" > 999`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Column", "Typed", "condition", "names_in"]


class Typed(Protocol):
    """What a condition must know of a column."""

    @property
    def type(self) -> str:
        """number, category or flag."""

    @property
    def decimals(self) -> int | None:
        """Digits after the point of a number kept as a whole one; None when it is a plain float."""


@dataclass(frozen=True)
class Column:
    """A column that is not a property: a feature, by default, which is a plain float.

    `values` are all texts that it can hold, None where they are not known.
    """

    type: str = "number"
    decimals: int | None = None
    values: tuple[str, ...] | None = None


def condition(text: str, columns: Mapping[str, Typed]) -> str:
    """DuckDB's SQL for a condition over columns; it is null where a column it depends on is.

    >>> columns = {"amount": Column("number", 2), "kind": Column("category")}
    >>> condition("amount > 9.99 and kind in ('GIFT')", columns)
    '(("amount" > 999) AND (("kind" = \\'GIFT\\')))'

    Raises:
        SpecError: the text cannot be read, names an unknown column, compares what cannot be compared, or
            uses anything that is not allowed.
    """
    from .syntax import Condition  # noqa: PLC0415 - brings the parser, .05 s that a project without conditions saves

    return Condition(text, columns).sql()


def names_in(text: str) -> set[str]:
    """The columns that a condition names, those of a tag as `tag.column`.

    >>> sorted(names_in("churn.tier = 'high' and spend > 9"))
    ['churn.tier', 'spend']

    Raises:
        SpecError: the text cannot be read.
    """
    from .syntax import Condition  # noqa: PLC0415

    return Condition(text, {}).names()
