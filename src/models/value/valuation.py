"""From a margin to the amount that is expected, and to what eight of ten lie between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from ...errors import DamagedError
from ..matrix import finite, json_object
from ..steps import between

__all__ = ["Band", "Valuation", "ValuationForm", "parse_valuation"]

Floats = npt.NDArray[np.float64]
ValuationForm = Literal["power", "linear", "isotonic"]

_FAR = 300.0


class Band(NamedTuple):
    """From which margin on it holds, and P10, P50 and P90 as parts of what is expected."""

    start: float
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Valuation:
    """A map from margin to expected amount that never falls, with bounds around it.

    `power` takes margins as logarithms: exp(`slope` * margin + `intercept`); `linear` is `slope` * margin +
    `intercept`; `isotonic` goes straight from knot to knot. Bounds are parts of what is expected, or of `least` where
    that is more.
    """

    form: ValuationForm
    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()
    least: float = 0.0
    bands: tuple[Band, ...] = ()

    def expected(self, margin: Floats) -> Floats:
        """The mean amount at each margin, `(n_rows,)`.

        >>> Valuation("power").expected(np.array([0.0])).tolist()
        [1.0]
        """
        if self.form == "isotonic":
            return between(self.knots, margin)
        line = self.slope * margin + self.intercept
        return np.exp(np.clip(line, -_FAR, _FAR)) if self.form == "power" else line

    def told(self, margin: Floats, instants: npt.NDArray[np.int64] | None = None) -> Mapping[str, Floats]:
        """What rows of tags tell of each margin: `expected`, `low`, `median` and `high`, `(n_rows,)` each.

        Args:
            instants: the cutoff of each margin, which amounts, other than chances, do not go by.
        """
        expected = self.expected(margin)
        starts, *parts = np.array(self.bands, np.float64).T
        place = np.maximum(np.searchsorted(starts, margin, side="right") - 1, 0)
        size = np.maximum(expected, self.least)
        bounds = {name: part[place] * size for name, part in zip(("low", "median", "high"), parts, strict=True)}
        return {"expected": expected, **bounds}

    def scaled(self, factor: float) -> Valuation:
        """The valuation that expects so many times as much."""
        if self.form == "power":
            return replace(self, intercept=self.intercept + float(np.log(factor)))
        knots = tuple((margin, value * factor) for margin, value in self.knots)
        return replace(self, slope=self.slope * factor, intercept=self.intercept * factor, knots=knots)

    def to_json(self) -> str:
        """The valuation as JSON."""
        return json.dumps({**asdict(self), "of": "amounts"}, indent=2, sort_keys=True) + "\n"


def parse_valuation(text: str) -> Valuation:
    """The valuation that `Valuation.to_json` wrote.

    Raises:
        DamagedError: the text is no valuation, or one that falls somewhere.
    """
    written = json_object(text, "the valuation")
    try:
        found = _read(written)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DamagedError(f"the valuation lacks a key or holds what is no number: {error}") from error
    margins, values = np.array(found.knots, np.float64).reshape(-1, 2).T
    starts = np.array([band.start for band in found.bands])
    if found.form not in get_args(ValuationForm) or found.slope < 0 or (found.form == "isotonic" and not len(margins)):
        raise DamagedError(f"the valuation has form {found.form}, slope {found.slope} and {len(margins)} knots")
    if (np.diff(margins) <= 0).any() or (np.diff(values) < 0).any() or (np.diff(starts) <= 0).any():
        raise DamagedError("the valuation's knots or bands are not in order")
    if not len(starts) or any(not band.low <= band.median <= band.high for band in found.bands):
        raise DamagedError("the valuation's bands are missing, or their bounds are not in order")
    return found


def _read(written: Mapping[str, Any]) -> Valuation:
    return Valuation(
        written["form"],
        finite(written["slope"]),
        finite(written["intercept"]),
        tuple((finite(margin), finite(value)) for margin, value in written["knots"]),
        finite(written["least"]),
        tuple(Band(*(finite(number) for number in band)) for band in written["bands"]),
    )
