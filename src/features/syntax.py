"""The syntax of conditions: a text parsed, and written anew as the SQL of what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from difflib import get_close_matches
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ..engines.duck import literal, quoted
from ..errors import SpecError
from .expressions import Column, Typed

__all__ = ["Condition"]

_SYMBOLS = {exp.EQ: "=", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CONNECTIVES = {exp.And: "AND", exp.Or: "OR"}
_ALLOWED = "allowed are = != < <= > >=, in (…), between, is null, and, or, not, over columns and literals"
_DEEPEST = 2
"""Parts that the name of a column may have: that of a tag, and that of its column."""
_BEYOND = Decimal(2**62)
"""Further out than any stored number."""
_BEYOND_FLOAT = Decimal("3e38")
"""Further out than any feature; these are float32, and so must be what they are compared with."""


@dataclass(frozen=True)
class _Value:
    """A literal: Decimal, text or bool."""

    content: Decimal | str | bool

    @property
    def type(self) -> str:
        return {Decimal: "number", str: "category", bool: "flag"}[type(self.content)]


class Condition:
    """One condition over columns."""

    def __init__(self, text: str, columns: Mapping[str, Typed]) -> None:
        self.text = text
        self.columns = columns

    def sql(self) -> str:
        """DuckDB's SQL for it.

        Raises:
            SpecError: it cannot be read, or asks for what is not allowed.
        """
        return self._truth(self._parsed())

    def names(self) -> set[str]:
        """The columns that it names, those of a tag as `tag.column`.

        Raises:
            SpecError: it cannot be read.
        """
        return {_name_of(column) for column in self._parsed().find_all(exp.Column)}

    def _parsed(self) -> Any:
        try:
            parsed = sqlglot.parse(self.text, dialect="duckdb")
        except SqlglotError as error:
            found = getattr(error, "errors", None) or [{}]
            near = found[0].get("highlight") or found[0].get("description")
            wrong = f'cannot be read near "{near}"' if near else "cannot be read to its end; is a quote not closed?"
            raise self._mistake(wrong) from None
        if len(parsed) != 1 or parsed[0] is None:
            raise self._mistake("is not one condition")
        return parsed[0]

    def _truth(self, node: Any) -> str:
        kind = type(node)
        if kind in _CONNECTIVES:
            return f"({self._truth(node.left)} {_CONNECTIVES[kind]} {self._truth(node.right)})"
        if kind is exp.Not:
            return f"(NOT {self._truth(node.this)})"
        if kind is exp.Paren:
            return self._truth(node.this)
        if kind in _SYMBOLS:
            return self._compared(self._side(node.left), _SYMBOLS[kind], self._side(node.right))
        if kind is exp.In and node.expressions:
            equal = [self._compared(self._side(node.this), "=", self._side(one)) for one in node.expressions]
            return f"({' OR '.join(equal)})"
        if kind is exp.Between:
            low, high = self._side(node.args["low"]), self._side(node.args["high"])
            this = self._side(node.this)
            return f"({self._compared(this, '>=', low)} AND {self._compared(this, '<=', high)})"
        if kind is exp.Is and isinstance(node.expression, exp.Null):
            return f"({quoted(self._column(node.this))} IS NULL)"
        return self._flag(node)

    def _flag(self, node: Any) -> str:
        side = self._side(node)
        if isinstance(side, _Value):
            if side.type == "flag":
                return str(side.content).upper()
        elif self.columns[side].type == "flag":
            return quoted(side)
        raise self._mistake(f"{node.sql(dialect='duckdb')} is not true or false by itself; compare it with something")

    def _side(self, node: Any) -> str | _Value:
        """The name of a column, or a literal."""
        if isinstance(node, exp.Paren):
            return self._side(node.this)
        if isinstance(node, exp.Literal):
            return _Value(str(node.this) if node.is_string else Decimal(node.this))
        if isinstance(node, exp.Boolean):
            return _Value(bool(node.this))
        if isinstance(node, exp.Neg):
            inner = self._side(node.this)
            if isinstance(inner, _Value) and isinstance(inner.content, Decimal):
                return _Value(-inner.content)
        return self._column(node)

    def _column(self, node: Any) -> str:
        if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier) or len(node.parts) > _DEEPEST:
            raise self._mistake(f'"{node.sql(dialect="duckdb")}" is not allowed; {_ALLOWED}')
        name = _name_of(node)
        if name in self.columns:
            return name
        close = get_close_matches(name, self.columns, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        known = ", ".join(sorted(self.columns)) or "none"
        raise self._mistake(f"there is no column {name}; {hint}known are: {known}")

    def _compared(self, left: str | _Value, symbol: str, right: str | _Value) -> str:
        if isinstance(left, _Value):
            if isinstance(right, _Value):
                raise self._mistake("two literals are compared; one side must be a column")
            return self._compared(right, _MIRRORED[symbol], left)
        column = self.columns[left]
        other = right if isinstance(right, _Value) else self.columns[right]
        if column.type != other.type:
            shown = f"the {other.type} {right.content}" if isinstance(right, _Value) else f"{right}, a {other.type}"
            raise self._mistake(f"{left} is a {column.type} and is compared with {shown}")
        if column.type != "number" and symbol not in {"=", "!="}:
            raise self._mistake(f"{left} is a {column.type}; it has no order, so only = != and in compare it")
        if isinstance(right, _Value):
            if isinstance(column, Column) and column.values is not None and right.content not in column.values:
                raise self._mistake(f"{left} is never '{right.content}'; it is one of: {', '.join(column.values)}")
            return f"({_against(quoted(left), symbol, right.content, column.decimals)})"
        if column.decimals != other.decimals:  # type: ignore[union-attr]
            raise self._mistake(f"{left} and {right} have different decimals and cannot be compared")
        return f"({quoted(left)} {symbol} {quoted(right)})"

    def _mistake(self, what: str) -> SpecError:
        return SpecError(f'the condition "{self.text}": {what}')


def _name_of(column: exp.Column) -> str:
    return ".".join(str(part.name) for part in column.parts)


def _against(column: str, symbol: str, content: Decimal | str | bool, decimals: int | None) -> str:
    if isinstance(content, bool):
        return f"{column} {symbol} {str(content).upper()}"
    if isinstance(content, str):
        return f"{column} {symbol} {literal(content)}"
    if decimals is None:
        return f"{column} {symbol} {float(max(-_BEYOND_FLOAT, min(_BEYOND_FLOAT, content)))!r}::FLOAT"
    return _against_whole(column, symbol, content, decimals)


def _against_whole(column: str, symbol: str, content: Decimal, decimals: int) -> str:
    """A column of whole numbers against any number, with the same answer and the same nulls."""
    sign, digits, exponent = content.as_tuple()
    scaled = max(-_BEYOND, min(_BEYOND, Decimal((sign, digits, int(exponent) + decimals))))
    whole = scaled.to_integral_value(ROUND_FLOOR)
    if whole == scaled:
        return f"{column} {symbol} {int(whole)}"
    if symbol in {"=", "!="}:
        return f"{column} {'!=' if symbol == '=' else '='} {column}"
    return f"{column} {'>' if symbol in {'>', '>='} else '<='} {int(whole)}"
