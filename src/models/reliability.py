"""Whether chances come true: rates by equal-mass bins, and how much of the error is luck."""

from __future__ import annotations

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

    All are means of |chance - rate| from 0 to 1: `perfect` is the mean over simulated outcomes, `perfect_high`
    their 97.5 % quantile.
    """

    value: float
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


def calibration_error(chances: Floats, labels: Labels, n_bins: int = 15, seed: int = 7) -> CalibrationError:
    """The error over bins of equal mass; `chances` and `labels` are `(n_rows,)`.

    Source: Nixon et al. (2019), Measuring calibration in deep learning (equal mass); Roelofs et al. (2022),
    Mitigating bias in calibration error estimation, AISTATS (its bias on finite samples).
    """
    order = np.argsort(chances, kind="stable")
    ranked = chances[order]
    starts = _bin_starts(ranked, n_bins)
    random = np.random.default_rng(seed)
    simulated = [_error(ranked, random.random(len(ranked)) < ranked, starts) for _ in range(_SIMULATIONS)]
    value = _error(ranked, labels[order], starts)
    return CalibrationError(value, float(np.mean(simulated)), float(np.quantile(simulated, 0.975)))


def equal_mass_error(chances: Floats, labels: Labels, n_bins: int = 15) -> float:
    """The mean of |chance - rate| over bins of equal mass, from 0 to 1; both arguments are `(n_rows,)`."""
    order = np.argsort(chances, kind="stable")
    return _error(chances[order], labels[order], _bin_starts(chances[order], n_bins))


def reliability_table(chances: Floats, labels: Labels, n_bins: int = 15) -> list[ReliabilityBin]:
    """Bins of equal mass from the lowest chances up; `chances` and `labels` are `(n_rows,)`."""
    order = np.argsort(chances, kind="stable")
    starts = _bin_starts(chances[order], n_bins)
    rows = np.diff(starts, append=len(chances))
    means = np.add.reduceat(chances[order], starts) / rows
    hits = np.add.reduceat(labels[order].astype(np.int64), starts)
    table = zip(rows.tolist(), means.tolist(), hits.tolist(), strict=True)
    return [ReliabilityBin(n, mean, k / n, *wilson(k, n)) for n, mean, k in table]


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


def _error(chances: Floats, outcomes: Floats | Labels | npt.NDArray[np.bool_], starts: npt.NDArray[np.intp]) -> float:
    return float(np.abs(np.add.reduceat(chances - outcomes.astype(np.float64), starts)).sum() / len(chances))
