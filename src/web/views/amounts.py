"""What the test of a model of amounts showed, as a page says it: whether as much came as was expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..charts import Curve, amounts_curve
from ..saying import Tongue
from .proof import period_of, said_and_came

__all__ = ["AmountsProof", "amounts_of"]


@dataclass(frozen=True)
class AmountsProof:
    """What the test showed: what came to those of whom most was expected, and whether what was expected came."""

    period: str
    ranked: str
    sentence: str
    curve: Curve


def amounts_of(proof: Mapping[str, Any], t: Tongue) -> AmountsProof:
    """What the test showed of tenths of the people in it, the least expected first."""
    tenths = proof["tenths"]
    dots = [(one["expected"], *_came(one), _told(one, t)) for one in tenths]
    return AmountsProof(
        period=period_of(proof["test"], t),
        ranked=_ranked(tenths, t),
        sentence=_trust(tenths, t),
        curve=amounts_curve(dots, 240.0),
    )


def _came(one: Mapping[str, Any]) -> tuple[float, float, float]:
    came = one["came"]
    return came["value"], came["low"], came["high"]


def _ranked(tenths: list[Mapping[str, Any]], t: Tongue) -> str:
    rows = sum(one["rows"] for one in tenths)
    everybody = sum(one["rows"] * one["came"]["value"] for one in tenths) / rows
    return t(
        "Those of whom most was expected brought {top} each; everybody, {all}.",
        "预计最高的一组人均带来 {top}；全部用户人均 {all}。",
        top=_amount(tenths[-1]["came"]["value"]),
        all=_amount(everybody),
    )


def _trust(tenths: list[Mapping[str, Any]], t: Tongue) -> str:
    came = sum(one["came"]["low"] <= one["expected"] <= one["came"]["high"] for one in tenths)
    return t(
        "Of {n} groups, {came} brought what was expected of them, as far as chance lets tell.",
        "{n} 组中有 {came} 组的实际值与预计相符（在偶然误差范围内）。",
        n=len(tenths),
        came=came,
    )


def _told(one: Mapping[str, Any], t: Tongue) -> str:
    return said_and_came(_amount(one["expected"]), _amount(one["came"]["value"]), one["rows"], t)


def _amount(value: float) -> str:
    """An amount with as many digits as say something.

    >>> [_amount(one) for one in (1234.5, 41.27, 0.256)]
    ['1,234', '41.3', '0.256']
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}"
