"""The language of audiences: a text is parsed, checked against what is allowed, and becomes a tree of few forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ...errors import SpecError
from ..unknown import nearest
from .vocabulary import Column, Vocabulary

__all__ = [
    "LONGEST",
    "Compared",
    "Connected",
    "InAudience",
    "Lacking",
    "Node",
    "Not",
    "OneOf",
    "Value",
    "audiences_in",
    "parsed",
]

Value = Decimal | str | bool

LONGEST = 10_000
"""Characters that a condition may have."""
_DEEPEST = 40
"""Levels of parentheses and not that a condition may have."""
_WHOLE_DIGITS, _DECIMALS = 18, 9
"""Digits that a number may have before and behind its point."""
_SHOWN = 300
_TOO_DEEP = f"is nested too deeply; at most {_DEEPEST} levels are allowed"

_SYMBOLS = {exp.EQ: "=", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CONNECTIVES = {exp.And: "AND", exp.Or: "OR"}
_NAMES = {"text": "a text", "number": "a number", "flag": "true or false"}
_ALLOWED = "allowed are = != < <= > >=, in (…), between, is null, and, or, not, audience('…'), over tags and literals"


@dataclass(frozen=True)
class Compared:
    """A column against a literal."""

    column: Column
    symbol: str
    value: Value


@dataclass(frozen=True)
class OneOf:
    """A column that has one of some values."""

    column: Column
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Lacking:
    """A column that is null: the user lacks the tag, or its value has expired."""

    column: Column


@dataclass(frozen=True)
class InAudience:
    """A user who is in another audience, which is always known."""

    name: str


@dataclass(frozen=True)
class Not:
    """The contrary; unknown where the inner is."""

    inner: Node


@dataclass(frozen=True)
class Connected:
    """Several conditions, connected by AND or by OR."""

    connective: str
    parts: tuple[Node, ...]


Node = Compared | OneOf | Lacking | InAudience | Not | Connected


def parsed(text: str, vocabulary: Vocabulary) -> Node:
    """The tree of a condition over tags.

    Raises:
        SpecError: the text cannot be read, names what the project lacks, compares what cannot be compared, or uses
            anything that is not allowed.
    """
    try:
        return _Reader(vocabulary).node(_syntax(text), _DEEPEST)
    except SpecError as error:
        wrong = str(error)
    except RecursionError:
        wrong = _TOO_DEEP
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    raise SpecError(f'the condition "{shown}": {wrong}')


def audiences_in(node: Node) -> list[str]:
    """The audiences that a condition names, from left to right."""
    if isinstance(node, InAudience):
        return [node.name]
    inner = node.parts if isinstance(node, Connected) else (node.inner,) if isinstance(node, Not) else ()
    return [name for part in inner for name in audiences_in(part)]


def _syntax(text: str) -> exp.Expression:
    if len(text) > LONGEST:
        raise SpecError(f"has {len(text):,} characters; at most {LONGEST:,} are allowed; write it with in (…)")
    try:
        found = sqlglot.parse(text, dialect="duckdb")
    except SqlglotError as error:
        told = (getattr(error, "errors", None) or [{}])[0]
        near = told.get("highlight") or told.get("description")
        wrong = f'cannot be read near "{near}"' if near else "cannot be read to its end; is a quote not closed?"
        raise SpecError(wrong) from None
    if len(found) != 1 or found[0] is None:
        raise SpecError("is not one condition; write such as churn.tier = 'high' and not audience('suppressed')")
    return found[0]


class _Reader:
    """What turns syntax into a tree; `deep` is how many levels may still follow."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def node(self, syntax: Any, deep: int) -> Node:
        if deep < 0:
            raise SpecError(_TOO_DEEP)
        kind = type(syntax)
        if kind is exp.Paren:
            return self.node(syntax.this, deep - 1)
        if kind in _CONNECTIVES:
            parts = [self.node(one, deep - 1) for one in _flat(syntax, kind)]
            return Connected(_CONNECTIVES[kind], tuple(parts))
        if kind is exp.Not:
            return Not(self.node(syntax.this, deep - 1))
        if kind is exp.Anonymous:
            return self._audience(syntax)
        if kind is exp.Is and isinstance(syntax.expression, exp.Null):
            return Lacking(self._present(syntax.this))
        return self._comparison(syntax, kind)

    def _comparison(self, syntax: Any, kind: type) -> Node:
        if kind in _SYMBOLS:
            return self._compared(self._side(syntax.left), _SYMBOLS[kind], self._side(syntax.right))
        if kind is exp.In and set(_given(syntax)) == {"this", "expressions"}:
            column = self._column(syntax.this)
            return OneOf(column, tuple(_fitting(column, "=", self._side(one)) for one in syntax.expressions))
        if kind is exp.Between and not syntax.args.get("symmetric"):
            column = self._column(syntax.this)
            low, high = (self._side(syntax.args[end]) for end in ("low", "high"))
            return Connected("AND", (self._compared(column, ">=", low), self._compared(column, "<=", high)))
        if kind is exp.Column:
            column = self._column(syntax)
            if column.type == "flag":
                return Compared(column, "=", True)
            raise SpecError(f"{_written(syntax)} is not true or false by itself; compare it with something")
        raise _not_allowed(syntax)

    def _audience(self, syntax: Any) -> Node:
        named = syntax.expressions
        is_name = len(named) == 1 and isinstance(named[0], exp.Literal) and named[0].is_string
        if str(syntax.this).lower() != "audience" or not is_name:
            raise _not_allowed(syntax)
        name = str(named[0].this)
        self._vocabulary.require_audience(name)
        return InAudience(name)

    def _present(self, syntax: Any) -> Column:
        """The column whose absence is asked for; a prediction may be meant as a whole."""
        tag, part = _named(syntax)
        if part is None and tag in self._vocabulary.tags:
            return self._vocabulary.presence(tag)
        return self._vocabulary.column(tag, part)

    def _side(self, syntax: Any) -> Column | Decimal | str | bool:
        if isinstance(syntax, exp.Paren):
            return self._side(syntax.this)
        if isinstance(syntax, exp.Literal):
            return str(syntax.this) if syntax.is_string else _number(str(syntax.this))
        if isinstance(syntax, exp.Boolean):
            return bool(syntax.this)
        if isinstance(syntax, exp.Neg) and isinstance(syntax.this, exp.Literal) and not syntax.this.is_string:
            return -_number(str(syntax.this.this))
        return self._column(syntax)

    def _column(self, syntax: Any) -> Column:
        tag, part = _named(syntax)
        if part is None:
            self._vocabulary.require_no_text(tag, _written(syntax))
        return self._vocabulary.column(tag, part)

    def _compared(self, left: Column | Value, symbol: str, right: Column | Value) -> Node:
        if isinstance(left, Column):
            if isinstance(right, Column):
                raise SpecError(f"{_called(left)} is compared with {_called(right)}; one side must be a literal")
            return Compared(left, symbol, _fitting(left, symbol, right))
        if isinstance(right, Column):
            return self._compared(right, _MIRRORED[symbol], left)
        raise SpecError("two literals are compared; one side must be a tag")


def _flat(syntax: Any, kind: Any) -> Iterator[Any]:
    """All that is connected in one row, from left to right."""
    parts: list[Any] = []
    while isinstance(syntax, kind):
        parts.append(syntax.right)
        syntax = syntax.left
    yield syntax
    yield from reversed(parts)


def _named(syntax: Any) -> tuple[str, str | None]:
    """The tag and the part that are named."""
    parts = syntax.parts if isinstance(syntax, exp.Column) else ()
    if not 1 <= len(parts) <= 2 or not all(isinstance(one, exp.Identifier) for one in parts):
        raise _not_allowed(syntax)
    names = [str(one.this) for one in parts]
    return (names[0], names[1]) if len(names) == 2 else (names[0], None)


def _number(text: str) -> Decimal:
    number = Decimal(text)
    exponent = int(number.as_tuple().exponent)
    if number and (number.adjusted() >= _WHOLE_DIGITS or exponent < -_DECIMALS):
        raise SpecError(
            f"{text} is no number that a tag can have; write at most {_WHOLE_DIGITS} digits before the point "
            f"and {_DECIMALS} behind it"
        )
    return number


def _fitting(column: Column, symbol: str, value: Column | Value) -> Value:
    """The value, where the column can be compared with it in this way."""
    called = _called(column)
    if isinstance(value, Column):
        raise SpecError(f"{called} is compared with {_called(value)}; write literals there")
    if _type(value) != column.type:
        raise SpecError(f"{called} is {_NAMES[column.type]} and is compared with {_told(value)}{_mend(column, value)}")
    if column.type != "number" and symbol not in {"=", "!="}:
        raise SpecError(f"{called} is {_NAMES[column.type]}, which has no order; only = != and in compare it")
    if isinstance(value, str) and column.values is not None and value not in column.values:
        listed = ", ".join(column.values)
        raise SpecError(f"{called} is never '{value}'{nearest(value, column.values)}; it is one of: {listed}")
    if isinstance(value, Decimal) and column.range and not column.range[0] <= value <= column.range[1]:
        low, high = column.range
        raise SpecError(f"{called} lies between {low} and {high} and is compared with {value}")
    return value


def _mend(column: Column, value: Value) -> str:
    if column.type == "text":
        return f"; write '{str(value).lower()}'"
    is_number = isinstance(value, str) and value.replace(".", "", 1).removeprefix("-").isdecimal()
    return f"; write {value}" if column.type == "number" and is_number else ""


def _type(value: Value) -> str:
    return {Decimal: "number", str: "text", bool: "flag"}[type(value)]


def _told(value: Value) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def _called(column: Column) -> str:
    return column.tag if column.part == "value" else f"{column.tag}.{column.part}"


def _written(syntax: Any) -> str:
    return str(syntax.sql(dialect="duckdb"))


def _given(syntax: Any) -> Sequence[str]:
    return [name for name, value in syntax.args.items() if value]


def _not_allowed(syntax: Any) -> SpecError:
    return SpecError(f'"{_written(syntax)}" is not allowed; {_ALLOWED}')
