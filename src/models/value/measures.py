"""How well expectations of amounts rank, add up and cover, each prepared once and weighed many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from ..metrics import Measure, Ranking
from ..objectives import deviances

__all__ = ["OF_BANDS", "OF_COUNTING", "OF_RANKING", "VALUE_MEASURES", "losses"]

Floats = npt.NDArray[np.float64]

OF_RANKING = ("gini", "share_10")
OF_COUNTING = ("deviance", "mean_absolute_error", "total_ratio")
OF_BANDS = ("under_low", "under_median", "under_high")

_LEAST = 0.01
"""The part of the mean amount below which no expectation is judged: the deviance of nothing is infinite."""


def losses(expected: Floats, amounts: Floats) -> Floats:
    """The deviance of each amount from what was expected, no less than a hundredth of the mean amount: `(n_rows,)`."""
    least = max(_LEAST * float(np.maximum(amounts, 0.0).mean()), np.finfo(np.float64).tiny)
    return deviances(np.maximum(expected, least), amounts)


def _deviance(expected: Floats, amounts: Floats) -> Measure:
    return _mean(losses(expected, amounts))


def _mean_absolute_error(expected: Floats, amounts: Floats) -> Measure:
    return _mean(np.abs(expected - amounts))


def _total_ratio(expected: Floats, amounts: Floats) -> Measure:
    return lambda weights: _ratio(float(weights @ expected), float(weights @ amounts))


def _gini(scores: Floats, amounts: Floats) -> Measure:
    """How far ranking by the scores gathers the amounts in few rows: 1 as far as can be, 0 no better than chance.

    Source: Frees, Meyers, Cummings (2011), Summarizing insurance scores using a Gini index, Journal of the American
    Statistical Association 106.
    """
    by_score, by_amount = Ranking.of(scores, amounts), Ranking.of(amounts, amounts)
    return lambda weights: _ratio(_area(by_score, weights), _area(by_amount, weights))


def _share_10(scores: Floats, amounts: Floats) -> Measure:
    ranking = Ranking.of(scores, amounts)
    return lambda weights: ranking.curve(weights).gain(0.10)


def _under_low(bounds: Floats, amounts: Floats) -> Measure:
    return _mean((amounts < bounds).astype(np.float64))


def _under(bounds: Floats, amounts: Floats) -> Measure:
    return _mean((amounts <= bounds).astype(np.float64))


VALUE_MEASURES: Mapping[str, Callable[[Floats, Floats], Measure]] = {
    "deviance": _deviance,
    "gini": _gini,
    "mean_absolute_error": _mean_absolute_error,
    "share_10": _share_10,
    "total_ratio": _total_ratio,
    "under_high": _under,
    "under_low": _under_low,
    "under_median": _under,
}
"""By name: `gini` and `share_10` judge scores, `under_low` to `under_high` bounds, the others expectations.

`under_low` is the part of rows below P10, the others that at or below P50 and P90: amounts are often just 0.
"""


def _area(ranking: Ranking, weights: Floats) -> float:
    """What lies between the curve of amounts held by the best rows and the line of chance, twice."""
    reached, held = ranking.curve(weights)
    if held[-1] <= 0:
        return float("nan")
    share, part = reached / reached[-1], held / held[-1]
    return float((np.diff(share) * (part[1:] + part[:-1])).sum()) - 1.0


def _mean(losses: Floats) -> Measure:
    return lambda weights: _ratio(float(weights @ losses), float(weights.sum()))


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
