"""How a valuation is fitted: forward in time, with bounds from what earlier expectations missed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..loglinear import fit_log_mean
from ..steps import steps
from .measures import losses
from .valuation import Band, Valuation, ValuationForm

__all__ = ["Seen", "Valued", "fit_valuation"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_ENOUGH_FOR_STEPS = 100
_WORTH = 0.01
"""The part of the deviance that steps must save against a line."""
_BANDS = 20
_ROWS_OF_A_BAND = 100
_LEAST = 0.01
"""The part of the mean below which bounds do not shrink with what is expected."""
_QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Seen:
    """Out-of-fold margins and the amounts that followed, when each one's period began and its amount was known, in
    seconds: `(n_rows,)` each.
    """

    margins: Floats
    amounts: Floats
    periods: npt.NDArray[np.int64]
    known: npt.NDArray[np.int64]

    def at(self, rows: Index) -> Seen:
        """Some of the rows."""
        return Seen(self.margins[rows], self.amounts[rows], self.periods[rows], self.known[rows])


class Valued(NamedTuple):
    """A valuation, and the deviance of its kind on rows that it was not fitted on, `(n_rows,)`; NaN of all others."""

    valuation: Valuation
    losses: Floats


def fit_valuation(seen: Seen, *, is_log: bool) -> Valued:
    """The valuation with the lowest deviance on later periods than it was fitted on, fitted again on all rows.

    With a single period, halves of the rows stand in for periods. Isotonic steps take part from 100 rows with an
    amount on, and must save a hundredth of the deviance: they may expect nothing at all of the lowest scores, which
    a longer stretch or another season belies.

    Args:
        is_log: whether margins are logarithms; false for a rule, whose margin is a feature's value.
    """
    trials = _forward(seen) or _halves(seen)
    forms: list[ValuationForm] = ["power" if is_log else "linear"]
    if int((seen.amounts > 0).sum()) >= _ENOUGH_FOR_STEPS:
        forms.append("isotonic")
    lost = [_losses(form, seen, trials) for form in forms]
    means = [float(np.nanmean(one)) for one in lost]
    best = int(means[-1] < means[0] - _WORTH * abs(means[0]))
    return Valued(_with_bands(_fit(forms[best], seen), seen), lost[best])


def _forward(seen: Seen) -> list[tuple[Index, Index]]:
    """For each period but the first, the earlier rows whose amount was known when it began, and its own."""
    found = [
        (np.flatnonzero((seen.periods < one) & (seen.known <= one)), np.flatnonzero(seen.periods == one))
        for one in np.unique(seen.periods)[1:]
    ]
    return [(fit, judge) for fit, judge in found if (seen.amounts[fit] > 0).any() and len(judge)]


def _halves(seen: Seen) -> list[tuple[Index, Index]]:
    place = np.arange(len(seen.margins))
    first, second = np.flatnonzero(place % 2 == 0), np.flatnonzero(place % 2 == 1)
    return [(first, second), (second, first)]


def _losses(form: ValuationForm, seen: Seen, trials: list[tuple[Index, Index]]) -> Floats:
    found = np.full(len(seen.margins), np.nan)
    for fit, judge in trials:
        later = seen.at(judge)
        found[judge] = losses(_fit(form, seen.at(fit)).expected(later.margins), later.amounts)
    return found


def _fit(form: ValuationForm, seen: Seen) -> Valuation:
    found = {"power": _power, "linear": _linear, "isotonic": _isotonic}[form](seen)
    expected, total = float(found.expected(seen.margins).sum()), float(seen.amounts.sum())
    return found.scaled(total / expected) if total > 0 and expected > 0 else found


def _power(seen: Seen) -> Valuation:
    design, paid = np.column_stack([np.ones(len(seen.margins)), seen.margins]), np.maximum(seen.amounts, 0.0)
    intercept, slope = fit_log_mean(design, paid, np.zeros(2)).tolist() if paid.any() else (0.0, 0.0)
    if slope > 0:
        return Valuation("power", slope, intercept)
    return Valuation("power", 0.0, float(np.log(paid.mean())) if paid.any() else 0.0)


def _linear(seen: Seen) -> Valuation:
    """By least squares; where it would fall, the mean."""
    center, mean = float(seen.margins.mean()), float(seen.amounts.mean())
    away = seen.margins - center
    slope = float(away @ seen.amounts) / (float(away @ away) or 1.0)
    return Valuation("linear", max(slope, 0.0), mean - max(slope, 0.0) * center)


def _isotonic(seen: Seen) -> Valuation:
    return Valuation("isotonic", knots=tuple(steps(seen.margins, seen.amounts)))


def _with_bands(valuation: Valuation, seen: Seen) -> Valuation:
    """Bounds by bands of margin with about equally many rows, each from how often amounts missed expectations there.

    Source: Vovk, Gammerman, Shafer (2005), Algorithmic learning in a random world, 4.5 (a quantile for each category);
    Lei et al. (2018), Distribution-free predictive inference for regression, Journal of the American Statistical
    Association 113 (split conformal).
    """
    least = max(_LEAST * float(np.maximum(seen.amounts, 0.0).mean()), np.finfo(np.float64).tiny)
    parts = seen.amounts / np.maximum(valuation.expected(seen.margins), least)
    order = np.argsort(seen.margins, kind="stable")
    ranked = seen.margins[order]
    count = max(1, min(_BANDS, len(ranked) // _ROWS_OF_A_BAND))
    starts = np.unique(np.searchsorted(ranked, ranked[np.arange(count) * len(ranked) // count], side="left"))
    pieces = np.split(parts[order], starts[1:])
    bands = [
        Band(float(ranked[at]), *_bounds(np.sort(piece))) for at, piece in zip(starts.tolist(), pieces, strict=True)
    ]
    return replace(valuation, least=least, bands=tuple(bands))


def _bounds(parts: Floats) -> tuple[float, float, float]:
    """P10, P50 and P90 of parts in their order, the outer ones moved outward by what a finite sample asks for."""
    n = len(parts)
    low = max(int(np.floor(_QUANTILES[0] * (n + 1))), 1) - 1
    high = min(int(np.ceil(_QUANTILES[2] * (n + 1))), n) - 1
    return float(parts[low]), float(np.quantile(parts, _QUANTILES[1])), float(parts[high])
