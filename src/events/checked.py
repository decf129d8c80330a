"""SQL that turns a raw column into a typed value, and into the reason why it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..engines.duck import literal, quoted
from .raw import RawColumn

__all__ = ["Checked", "category", "computed", "flag", "key", "number", "refusal"]

_LARGEST = 2**53
"""The largest fixed point number that every reader holds exactly."""
_PLACES = 18
"""Digits after the point that DuckDB's widest decimal keeps here."""
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,6})?"
_SHOWN = 60
_WHOLE = r"-?([0-9]+\.0|[0-9](\.[0-9]+)?e\+1[67])"
_FLOATS = ("DOUBLE", "FLOAT")
_WHOLES = ("BIGINT", "INTEGER", "SMALLINT", "TINYINT")
_SURE = 15
"""Digits that a double holds whatever they are."""


@dataclass(frozen=True)
class Checked:
    """SQL expressions over the raw row: the value, and why it is refused, null where it is good.

    `found` is what stands in the file, to be shown beside the reason; null where there is nothing to show.
    """

    value: str
    reason: str
    found: str = "NULL"


def key(column: RawColumn) -> Checked:
    """A text that must be there: not null, not blank, not a NaN, without a NUL byte."""
    text = _text(column)
    blank = rf"WHEN {text} IS NULL OR NOT regexp_matches({text}, '[^\s\p{{Z}}]') THEN {_says(column, 'is empty')}"
    return Checked(text, f"CASE {blank} {_unfit(column, text)} END")


def category(column: RawColumn) -> Checked:
    """A text, or null."""
    text = _text(column)
    return Checked(text, f"CASE {_unfit(column, text)} END")


def number(column: RawColumn, decimals: int, *, rounds: bool) -> Checked:
    """A fixed point int64 of so many decimals, or null; more decimals are refused unless it `rounds` half to even."""
    text = f"nullif(trim(CAST({column.sql} AS VARCHAR)), '')"
    cut = rf"regexp_replace({text}, '^([^.eE]*\.[0-9]{{{_PLACES}}})[0-9]+$', '\1')"
    units = f"CAST(replace(CAST(TRY_CAST({cut} AS DECIMAL(38, {_PLACES})) AS VARCHAR), '.', '') AS HUGEINT)"
    step = f"CAST({10 ** (_PLACES - decimals)} AS HUGEINT)"
    whole, rest = f"({units} // {step})", f"({units} % {step})"
    is_tie = f"2 * abs({rest}) = {step}"
    away = f"2 * abs({rest}) > {step} OR ({is_tie} AND ({whole} % 2 != 0 OR {_is_longer(text)}))"
    kept = f"({whole} + CASE WHEN {away} THEN sign({units}) ELSE 0 END)"
    fits = f"abs({kept}) <= {_LARGEST}"
    is_easy, easy = _easy(column, decimals)
    reasons = [
        f"WHEN {is_easy} THEN NULL",
        f"WHEN {text} IS NULL THEN NULL",
        f"WHEN NOT regexp_full_match({text}, '{_NUMBER}') THEN {_says(column, 'is not a number')}",
        f"WHEN {units} IS NULL OR NOT {fits} THEN {_says(column, 'is too large')}",
    ]
    if not rounds:
        lost = f"{rest} != 0 OR {_is_longer(text)}"
        reasons.append(f"WHEN {lost} THEN {_says(column, f'has more than {decimals} decimals')}")
    value = f"CASE WHEN {is_easy} THEN {easy} WHEN {fits} THEN CAST({kept} AS BIGINT) END"
    return Checked(value, f"CASE {' '.join(reasons)} END", text)


def flag(column: RawColumn) -> Checked:
    """True or false, written as such or as 1 and 0, or null."""
    text = f"nullif(trim({_text(column)}), '')"
    true, false = (f"lower({text}) IN {words}" for words in ("('true', 't', '1')", "('false', 'f', '0')"))
    wrong = f"CASE WHEN NOT ({true} OR {false}) THEN {_says(column, 'is not true or false')} END"
    return Checked(f"CASE WHEN {true} THEN true WHEN {false} THEN false END", wrong, text)


def computed(checks: Mapping[str, Checked]) -> tuple[str, dict[str, Checked]]:
    """SQL of a value and a reason for each of the names, and what is checked in terms of these two columns.

    An expression that is written once is also planned once, which for a small file takes longer than its rows.
    """
    columns = {name: (quoted(f":value {name}"), quoted(f":reason {name}")) for name in checks}
    written = ", ".join(
        f"{checks[name].value} AS {value}, {checks[name].reason} AS {reason}"
        for name, (value, reason) in columns.items()
    )
    return written, {name: Checked(*pair, checks[name].found) for name, pair in columns.items()}


def refusal(checks: Sequence[Checked]) -> tuple[str, str]:
    """SQL of all that is wrong with a row, without and with what stands in the file; null where nothing is."""
    kinds = ", ".join(one.reason for one in checks)
    told = ", ".join(f"{one.reason} || coalesce(': ' || left({one.found}, {_SHOWN}), '')" for one in checks)
    return f"nullif(concat_ws('; ', {kinds}), '')", f"nullif(concat_ws('; ', {told}), '')"


def _easy(column: RawColumn, decimals: int) -> tuple[str, str]:
    """SQL of whether a number is one of the many that need no care, and of its fixed point.

    A double of at most 15 digits that equals such a fraction is written as it: no other of so few digits is as near.
    """
    raw, one, most = column.sql, 10**decimals, 10 ** (_SURE - decimals)
    if column.type == "DOUBLE":
        units = f"round({raw} * {one})"
        return f"isfinite({raw}) AND abs({raw}) < {most} AND {units} / {one} = {raw}", f"CAST({units} AS BIGINT)"
    if column.type in _WHOLES:
        return f"{raw} > -{most} AND {raw} < {most}", f"CAST({raw} AS BIGINT) * {one}"
    if column.type == "VARCHAR":
        plain = rf"-?[0-9]{{1,{_SURE - decimals}}}(\.[0-9]{{1,{decimals}}})?" if decimals else rf"-?[0-9]{{1,{_SURE}}}"
        units = f"CAST(CAST({raw} AS DECIMAL(38, {decimals})) * {one} AS BIGINT)"
        return f"regexp_full_match({raw}, '{plain}')", units
    return "false", "NULL"


def _is_longer(text: str) -> str:
    """Whether digits other than zero stand beyond the places that a decimal keeps."""
    fraction = rf"length(regexp_extract({text}, '\.([0-9]*?)0*([eE]|$)', 1))"
    exponent = f"coalesce(TRY_CAST(regexp_extract({text}, '[eE]([+-]?[0-9]+)$', 1) AS INTEGER), 0)"
    return f"({fraction} - {exponent} > {_PLACES} AND regexp_matches({text}, '^[^eE]*[1-9]'))"


def _text(column: RawColumn) -> str:
    """The value as text, a whole float as the whole number that it is in other files.

    Floats are judged by their text, because DuckDB trusts a Parquet file's bounds and these pass over NaN.
    """
    text = f"CAST({column.sql} AS VARCHAR)"
    if column.type not in _FLOATS:
        return text
    whole = f"CAST(TRY_CAST({text} AS DECIMAL(38, 0)) AS VARCHAR)"
    return rf"CASE WHEN regexp_full_match({text}, '{_WHOLE}') THEN {whole} ELSE {text} END"


def _unfit(column: RawColumn, text: str) -> str:
    infinite = f"WHEN regexp_full_match({text}, '-?(nan|inf)') THEN {_says(column, 'is NaN or infinite')}"
    nul = f"WHEN contains({text}, chr(0)) THEN {_says(column, 'holds a NUL byte')}"
    return f"{infinite} {nul}" if column.type in _FLOATS else nul


def _says(column: RawColumn, what: str) -> str:
    return literal(f"{column.name} {what}")
