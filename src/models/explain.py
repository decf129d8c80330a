"""Why a user ranks where they do: the few things that moved the score most, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..features.plan import Feature, Plan
from ..features.wording import Language
from .explain_kernel import strongest

__all__ = ["Reason", "top_reasons"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_LEAST_SHARE = 0.05
_NO_QUANTITY = ("category", "flag")
_USUALLY: Mapping[Language, str] = {"en": "{text} (usually {norm})", "zh": "{text}（通常为 {norm}）"}


@dataclass(frozen=True)
class Reason:
    """One thing that moved a score: `contribution` is in units of the margin, signed, of the whole group.

    `feature` speaks for the group; `value` is what the user has of it, NaN where missing; `en` and `zh` say it.
    """

    feature: str
    contribution: float
    value: float
    en: str
    zh: str


class _Top(NamedTuple):
    """For each row its largest groups, `(n_rows, n)`: the sums, who speaks for them, and which are worth telling."""

    sums: Floats
    features: Index
    is_told: npt.NDArray[np.bool_]


def top_reasons(
    plan: Plan, X: npt.NDArray[np.float32], contributions: Floats, norms: Mapping[str, float], n: int = 3
) -> list[list[Reason]]:
    """For each row at most `n` reasons, the strongest first and at most one for each group of features.

    A group speaks by the feature that pulls hardest to the side on which the group ends. Groups that make
    less than 5 % of all that moved the score are left out, so a row may have fewer reasons, or none.

    Args:
        plan: whose features the columns are.
        X: the vectors `(n_rows, n_features)`.
        contributions: `(n_rows, n_features + 1)`, the base last.
        norms: what is usual, by the feature's name; those left out or NaN are not mentioned.
        n: the most reasons a row may have.
    """
    top = _top(contributions, _groups(plan), n)
    speaker = _Speaker(plan.features, norms, {})
    rows = zip(top.sums.tolist(), top.features.tolist(), top.is_told.tolist(), X, strict=True)
    return [
        [
            speaker.reason(feature, total, float(row[feature]))
            for total, feature, told in zip(*ranked, strict=True)
            if told
        ]
        for *ranked, row in rows
    ]


@dataclass(frozen=True)
class _Speaker:
    features: tuple[Feature, ...]
    norms: Mapping[str, float]
    said: dict[tuple[int, float | None], tuple[str, str]]

    def reason(self, position: int, contribution: float, value: float) -> Reason:
        key = (position, None if math.isnan(value) else value)
        if key not in self.said:
            self.said[key] = self._text(position, value, "en"), self._text(position, value, "zh")
        return Reason(self.features[position].name, contribution, value, *self.said[key])

    def _text(self, position: int, value: float, language: Language) -> str:
        feature = self.features[position]
        text, norm = feature.say(value, language), self.norms.get(feature.name, math.nan)
        if feature.unit in _NO_QUANTITY or math.isnan(norm) or math.isnan(value):
            return text
        return _USUALLY[language].format(text=text, norm=_plain(norm, feature.unit))


def _groups(plan: Plan) -> Index:
    """The number of each feature's group, `(n_features,)`; groups are numbered as they first appear."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(feature.group, len(numbers)) for feature in plan.features], np.intp)


def _top(contributions: Floats, groups: Index, n: int) -> _Top:
    n_rows, n_groups = len(contributions), int(groups.max(initial=-1)) + 1
    kept, moved = np.empty((n_rows, min(n, n_groups))), np.empty(n_rows)
    speakers = np.zeros(kept.shape, np.intp)
    strongest(np.ascontiguousarray(contributions), groups, np.empty(n_groups), kept, speakers, moved)
    return _Top(kept, speakers, (np.abs(kept) >= _LEAST_SHARE * moved[:, None]) & (kept != 0))


def _plain(number: float, unit: str) -> str:
    """A number as people write it.

    >>> _plain(9.04, "days"), _plain(0.126, "share"), _plain(1234.5, "spend"), _plain(0.034, "ratio")
    ('9', '13%', '1,234', '0.034')
    """
    if unit == "share":
        return f"{number:.0%}"
    if abs(number) < 1:
        return f"{number:.2g}"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.1f}".removesuffix(".0")
