"""SQL that turns a raw column into a typed value, and into the reason why it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from ..engines.duck import literal, quoted

__all__ = ["Checked", "category", "flag", "key", "number"]

LARGEST = 2**53
"""The largest fixed point number that every reader holds exactly."""


@dataclass(frozen=True)
class Checked:
    """Two SQL expressions over the raw row: the value, and a text that is null where the value is good."""

    value: str
    reason: str


def key(column: str, raw_type: str) -> Checked:
    """A text that must be there: not null, not blank, without a NUL byte."""
    text = _text(column, raw_type)
    blank = f"WHEN {text} IS NULL OR trim({text}) = '' THEN {literal(f'{column} is empty')}"
    return Checked(text, f"CASE {blank} {_nul(column, text)} END")


def category(column: str, raw_type: str) -> Checked:
    """A text, or null."""
    text = _text(column, raw_type)
    return Checked(text, f"CASE {_nul(column, text)} END")


def number(column: str, decimals: int, *, rounds: bool) -> Checked:
    """A fixed point int64 of so many decimals, or null; more decimals are refused unless it `rounds` half to even."""
    text = f"nullif(trim(CAST({quoted(column)} AS VARCHAR)), '')"
    exact = f"TRY_CAST({text} AS DECIMAL(38, 18))"
    kept = f"round_even({exact}, {decimals})"
    fits = f"abs({exact}) <= {LARGEST // 10**decimals}"
    fixed = f"CASE WHEN {fits} THEN CAST(CAST({kept} AS DECIMAL(27, {decimals})) * CAST({10**decimals} AS DECIMAL(10, 0)) AS BIGINT) END"
    found = f"{literal(column + ': ')} || {text}"
    double = f"TRY_CAST({text} AS DOUBLE)"
    reasons = [
        f"WHEN {text} IS NULL THEN NULL",
        f"WHEN {double} IS NULL OR isnan({double}) OR isinf({double}) THEN {found} || ' is not a number'",
        f"WHEN {exact} IS NULL OR NOT {fits} THEN {found} || ' is too large'",
    ]
    if not rounds:
        lost = f"{kept} != {exact} OR ({exact} = 0 AND {double} != 0)"
        reasons.append(f"WHEN {lost} THEN {found} || {literal(f' has more than {decimals} decimals')}")
    return Checked(fixed, f"CASE {' '.join(reasons)} END")


def flag(column: str) -> Checked:
    """True or false, written as such or as 1 and 0, or null."""
    text = f"lower(trim(CAST({quoted(column)} AS VARCHAR)))"
    value = f"CASE WHEN {text} IN ('true', 't', '1') THEN true WHEN {text} IN ('false', 'f', '0') THEN false END"
    wrong = f"{text} NOT IN ('true', 't', '1', 'false', 'f', '0', '')"
    return Checked(value, f"CASE WHEN {wrong} THEN {literal(column + ': ')} || {text} || ' is not true or false' END")


def _text(column: str, raw_type: str) -> str:
    name = quoted(column)
    if raw_type in {"DOUBLE", "FLOAT"}:
        return f"CASE WHEN {name} = floor({name}) AND abs({name}) < 1e18 THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) ELSE CAST({name} AS VARCHAR) END"
    return f"CAST({name} AS VARCHAR)"


def _nul(column: str, text: str) -> str:
    return f"WHEN contains({text}, chr(0)) THEN {literal(f'{column} holds a NUL byte')}"
