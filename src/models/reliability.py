"""Whether chances come true: rates by equal-mass bins, and how much of the error is luck."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["CalibrationError", "ReliabilityBin", "calibration_error", "equal_mass_error", "reliability_table", "wilson"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

_SIMULATIONS = 200
_Z = 1.959963984540054


@dataclass(frozen=True)
class CalibrationError:
    """The expected calibration error, beside what chances that are exactly right would show on as many rows.

    All are means of |chance - rate| from 0 to 1: `low` and `high` are the 95 % interval over users, without the
    error that drawing again adds; `perfect` is the mean over simulated outcomes, `perfect_high` their 97.5 % quantile.
    """

    value: float
    low: float
    high: float
    perfect: float
    perfect_high: float


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin of rows with similar chances: their mean, the observed rate and its 95 % interval."""

    rows: int
    chance: float
    rate: float
    low: float
    high: float


def calibration_error(
    chances: Floats, labels: Labels, draws: Iterable[Floats] = (), n_bins: int = 15, seed: int = 7
) -> CalibrationError:
    """The error over bins of equal mass; `chances` and `labels` are `(n_rows,)`.

    Args:
        draws: how often each row counts, `(n_rows,)`, each time users are drawn again; without any, the interval is
            the value.

    Source: Nixon et al. (2019), Measuring calibration in deep learning (equal mass); Roelofs et al. (2022),
    Mitigating bias in calibration error estimation, AISTATS (its bias on finite samples).
    """
    order = np.argsort(chances, kind="stable")
    ranked = chances[order]
    starts = _bin_starts(ranked, n_bins)
    random = np.random.default_rng(seed)
    simulated = [_error(ranked, random.random(len(ranked)) < ranked, starts) for _ in range(_SIMULATIONS)]
    value = _error(ranked, labels[order], starts)
    low, high = _centred(value, [_error(ranked, labels[order], starts, drawn[order]) for drawn in draws])
    return CalibrationError(value, low, high, float(np.mean(simulated)), float(np.quantile(simulated, 0.975)))


def equal_mass_error(chances: Floats, labels: Labels, n_bins: int = 15) -> float:
    """The mean of |chance - rate| over bins of equal mass, from 0 to 1; both arguments are `(n_rows,)`."""
    order = np.argsort(chances, kind="stable")
    return _error(chances[order], labels[order], _bin_starts(chances[order], n_bins))


def reliability_table(
    chances: Floats, labels: Labels, draws: Iterable[Floats] = (), n_bins: int = 15
) -> list[ReliabilityBin]:
    """Bins of equal mass from the lowest chances up; `chances` and `labels` are `(n_rows,)`.

    Args:
        draws: how often each row counts, `(n_rows,)`, each time users are drawn again. Intervals are then at least
            as wide as those of single rows, which users of several rows would make too narrow.
    """
    order = np.argsort(chances, kind="stable")
    starts = _bin_starts(chances[order], n_bins)
    rows = np.diff(starts, append=len(chances))
    means = np.add.reduceat(chances[order], starts) / rows
    hits = np.add.reduceat(labels[order].astype(np.int64), starts)
    drawn = [_rates(labels[order], weights[order], starts) for weights in draws]
    bounds = np.nanquantile(drawn, (0.025, 0.975), axis=0) if drawn else np.full((2, len(rows)), np.nan)
    return [
        ReliabilityBin(n, mean, k / n, *_wider(wilson(k, n), (low, high)))
        for n, mean, k, low, high in zip(rows.tolist(), means.tolist(), hits.tolist(), *bounds.tolist(), strict=True)
    ]


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """The 95 % interval of a rate of `hits` in `rows`, within 0 to 1.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference, Journal of
    the American Statistical Association 22.

    >>> tuple(round(bound, 3) for bound in wilson(5, 50))
    (0.043, 0.214)
    """
    rate, spread = hits / rows, _Z**2 / rows
    middle = (rate + spread / 2) / (1 + spread)
    half = float(np.sqrt(spread * (rate * (1 - rate) + spread / 4))) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _bin_starts(ranked: Floats, n_bins: int) -> npt.NDArray[np.intp]:
    """Where bins of equal mass begin in rising chances; rows of one chance stay together, whatever their order."""
    bins = min(n_bins, len(ranked))
    starts = np.arange(bins) * len(ranked) // bins
    return np.unique(np.searchsorted(ranked, ranked[starts], side="left"))


def _error(
    chances: Floats,
    outcomes: Floats | Labels | npt.NDArray[np.bool_],
    starts: npt.NDArray[np.intp],
    weights: Floats | None = None,
) -> float:
    drawn = np.ones(len(chances)) if weights is None else weights
    missed = drawn * (chances - outcomes.astype(np.float64))
    return float(np.abs(np.add.reduceat(missed, starts)).sum() / drawn.sum())


def _centred(value: float, drawn: list[float]) -> tuple[float, float]:
    """The 95 % interval of the draws, moved so that their mean is the value: each draw adds error of its own."""
    if not drawn:
        return value, value
    low, high = np.quantile(drawn, (0.025, 0.975)) - np.mean(drawn) + value
    return max(0.0, float(low)), float(high)


def _rates(labels: Labels, weights: Floats, starts: npt.NDArray[np.intp]) -> Floats:
    """The rate of each bin under the weights; NaN where nobody of it was drawn."""
    rows = np.add.reduceat(weights, starts)
    hits: Floats = np.add.reduceat(weights * labels, starts)
    return np.where(rows > 0, hits / np.maximum(rows, 1.0), np.nan)


def _wider(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """What holds both intervals; a bound that is NaN is none."""
    return float(np.fmin(one[0], other[0])), float(np.fmax(one[1], other[1]))
