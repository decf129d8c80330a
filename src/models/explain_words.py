"""The sentences of many reasons at once: what is shown alike is said once, and amounts are put in between words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..features.plan import Feature
from ..features.wording import Language

__all__ = ["Teller"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_LANGUAGES: tuple[Language, Language] = ("en", "zh")
_USUALLY: Mapping[Language, str] = {"en": " (usually {norm})", "zh": "（通常为 {norm}）"}


class _Seen(NamedTuple):
    """Values that are shown differently, `(n,)`: how they are told apart, and a row that has each; then which of them
    every row has, `(n_rows,)`.
    """

    cells: Floats
    rows: Index
    of: Index


@dataclass(frozen=True)
class Teller:
    """What says values of features, and beside them what is usual, NaN where nobody knows.

    It remembers what it said.
    """

    features: tuple[Feature, ...]
    norms: tuple[float, ...]
    said: dict[tuple[int, float], tuple[str, str]] = field(default_factory=dict, repr=False)

    def texts(self, features: Index, values: Floats) -> tuple[pa.Array, pa.Array]:
        """What each value means, in English and in Chinese, `(n_rows,)` each.

        Args:
            features: the place of the feature that has the value, `(n_rows,)`.
            values: `(n_rows,)`, as exact as float32, NaN where missing.
        """
        seen = _seen(features, values, self._digits)
        spoken, found = features[seen.rows], values[seen.rows]
        whole = np.rint(found * 10.0 ** self._digits[spoken])
        in_between = self._has_amount[spoken] & (whole >= 1)
        places = np.where(in_between, np.count_nonzero(~in_between) + np.cumsum(in_between), np.cumsum(~in_between)) - 1
        one_by_one = self._said(spoken[~in_between], found[~in_between], seen.cells[~in_between])
        together = self._amounts(spoken[in_between], whole[in_between])
        en, zh = (
            pa.concat_arrays([few, many]).take(pa.array(places[seen.of]))
            for few, many in zip(one_by_one, together, strict=True)
        )
        return en, zh

    def _said(self, features: Index, values: Floats, cells: Floats) -> tuple[pa.Array, pa.Array]:
        each = zip(features.tolist(), values.tolist(), cells.tolist(), strict=True)
        texts = [self.said.get((place, cell)) or self._say(place, value, cell) for place, value, cell in each]
        return _strings([en for en, _ in texts]), _strings([zh for _, zh in texts])

    def _say(self, place: int, value: float, cell: float) -> tuple[str, str]:
        feature = self.features[place]
        usual = ("", "") if math.isnan(value) else self._usual[place]
        text = self.said[place, cell] = feature.say(value, "en") + usual[0], feature.say(value, "zh") + usual[1]
        return text

    def _amounts(self, features: Index, whole: Floats) -> tuple[pa.Array, pa.Array]:
        """Sentences with an amount, of which so many of the smallest units are there: words, number, words."""
        numbers = self._numbers(self._digits[features], whole)
        where = pa.array(features)
        en, zh = (
            pc.binary_join_element_wise(before.take(where), numbers, after.take(where), "")
            for before, after in self._words
        )
        return en, zh

    def _numbers(self, digits: npt.NDArray[np.int64], whole: Floats) -> pa.Array:
        written = pa.nulls(len(whole), pa.string())
        for one in np.unique(digits).tolist():
            mask = digits == one
            distinct, of = np.unique(whole[mask], return_inverse=True)
            texts = _strings([f"{number:,.{one}f}" for number in (distinct / 10.0**one).tolist()])
            written = pc.replace_with_mask(written, pa.array(mask), texts.take(pa.array(of)))
        return written

    @cached_property
    def _digits(self) -> npt.NDArray[np.int64]:
        return np.array([feature.digits for feature in self.features], np.int64)

    @cached_property
    def _has_amount(self) -> npt.NDArray[np.bool_]:
        return np.array([feature.around("en") is not None for feature in self.features], np.bool_)

    @cached_property
    def _usual(self) -> list[tuple[str, str]]:
        """What each feature's sentence ends with."""
        return [
            ("", "") if math.isnan(norm) else (_beside("en", feature, norm), _beside("zh", feature, norm))
            for feature, norm in zip(self.features, self.norms, strict=True)
        ]

    @cached_property
    def _words(self) -> list[tuple[pa.Array, pa.Array]]:
        """What stands before and after the amount of each feature, in each language."""
        words = []
        for language, which in zip(_LANGUAGES, (0, 1), strict=True):
            pairs = [feature.around(language) or ("", "") for feature in self.features]
            ends = [after + usual[which] for (_, after), usual in zip(pairs, self._usual, strict=True)]
            words.append((_strings([before for before, _ in pairs]), _strings(ends)))
        return words


def _seen(features: Index, values: Floats, digits: npt.NDArray[np.int64]) -> _Seen:
    """Values of a feature between the same two roundings are shown alike; one that lies on a rounding stands alone."""
    halves = values * (2 * 10.0 ** digits[features])
    cells = np.floor(halves)
    cells = np.nan_to_num(2 * cells + (halves == cells), nan=-np.inf)
    order = np.lexsort((cells, features))
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (np.diff(features[order]) != 0) | (cells[order][1:] != cells[order][:-1])
    of = np.empty(len(order), np.intp)
    of[order] = np.cumsum(is_first) - 1
    return _Seen(cells[order][is_first], order[is_first], of)


def _beside(language: Language, feature: Feature, norm: float) -> str:
    return _USUALLY[language].format(norm=_plain(norm, feature.unit))


def _strings(texts: Sequence[str]) -> pa.Array:
    return pa.array(texts, pa.string())


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
