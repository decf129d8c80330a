"""Intervals by drawing users again, because the rows of one user are not independent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .metrics import MEASURES, RANKED, Measure, Ranking
from .value.measures import VALUE_MEASURES

__all__ = [
    "DRAWS", "Gain", "Interval", "Resampling", "differences", "finite", "intervals", "paired_gain", "paired_saving",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Outcomes = npt.NDArray[np.int8] | Floats

DRAWS = 200
"""Resamplings of users, at most, behind intervals of which there are many, such as those of parts of the test."""

_BOUNDS = (2.5, 97.5)
_ALL: Mapping[str, Callable[[Floats, Any], Measure]] = {**MEASURES, **VALUE_MEASURES}


class Interval(NamedTuple):
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Resampling:
    """Who is drawn how often: `users` (n_rows,) of the rows, `n` draws, from a seed."""

    users: npt.NDArray[np.object_]
    n: int
    seed: int

    def weights(self) -> Iterator[Floats]:
        """How often each row counts, `(n_rows,)`, in each draw of as many users as there are."""
        (n_users, rows), random = self._numbered, np.random.default_rng(self.seed)
        for _ in range(self.n):
            drawn = np.bincount(random.integers(n_users, size=n_users), minlength=n_users)
            yield drawn[rows].astype(np.float64)

    @cached_property
    def _numbered(self) -> tuple[int, npt.NDArray[np.intp]]:
        names, rows = np.unique(self.users.astype(str), return_inverse=True)
        return len(names), rows


def finite(interval: Interval) -> Interval | None:
    """The interval, or None where the measure is undefined."""
    return interval if np.isfinite(interval).all() else None


class Gain(NamedTuple):
    """By how much a model beats the best rule: `interval` is relative, 0.1 for a tenth more precision or less loss."""

    rule: str
    interval: Interval


def intervals(
    scores: Mapping[str, Floats], labels: Outcomes, measures: Sequence[str], resampling: Resampling
) -> dict[str, dict[str, Interval]]:
    """The measures of each system of scores, by the system's name and the measure's.

    Every system is judged on the same draws. A draw in which a measure is undefined does not count for it.

    Args:
        scores: `(n_rows,)` for each system; chances where a measure wants them.
        labels: `(n_rows,)`, 0 or 1, or amounts.
        measures: names of measures of chances, or of amounts.

    Source: Efron, Tibshirani (1993), An introduction to the bootstrap, 13.3 (percentile intervals).
    """
    points, draws = _judged(scores, labels, measures, resampling)
    return {
        name: {measure: _interval(points[i, j], draws[:, i, j]) for j, measure in enumerate(measures)}
        for i, name in enumerate(scores)
    }


def differences(
    scores: Mapping[str, Floats], against: str, labels: Outcomes, measures: Sequence[str], resampling: Resampling
) -> dict[str, dict[str, Interval]]:
    """What each other system has more than `against`, one of `scores`, paired draw by draw."""
    points, draws = _judged(scores, labels, measures, resampling)
    other = list(scores).index(against)
    return {
        name: {
            measure: _interval(points[i, j] - points[other, j], draws[:, i, j] - draws[:, other, j])
            for j, measure in enumerate(measures)
        }
        for i, name in enumerate(scores)
        if name != against
    }


def paired_gain(model: Floats, rules: Mapping[str, Floats], labels: Outcomes, resampling: Resampling) -> Gain:
    """The relative gain in average precision over the rule that has most of it, paired draw by draw.

    Args:
        model: scores of the model, `(n_rows,)`.
        rules: scores of at least one rule, `(n_rows,)` each.
        labels: `(n_rows,)`, 0 or 1.
    """
    weights = np.ones(len(labels))
    rankings = {name: _ALL["average_precision"](scores, labels) for name, scores in rules.items()}
    best = max(rules, key=lambda name: rankings[name](weights))
    points, draws = _judged({"model": model, best: rules[best]}, labels, ["average_precision"], resampling)
    return Gain(best, _interval(points[0, 0] / points[1, 0] - 1.0, draws[:, 0, 0] / draws[:, 1, 0] - 1.0))


def paired_saving(model: Floats, rules: Mapping[str, Floats], amounts: Floats, resampling: Resampling) -> Gain:
    """The part of the deviance that the model saves of the rule that has least of it, paired draw by draw.

    Args:
        model: expectations of the model, `(n_rows,)`.
        rules: expectations of at least one rule, `(n_rows,)` each.
        amounts: `(n_rows,)`.
    """
    weights = np.ones(len(amounts))
    losses = {name: _ALL["deviance"](expected, amounts) for name, expected in rules.items()}
    best = min(rules, key=lambda name: losses[name](weights))
    points, draws = _judged({"model": model, best: rules[best]}, amounts, ["deviance"], resampling)
    return Gain(best, _interval(1.0 - points[0, 0] / points[1, 0], 1.0 - draws[:, 0, 0] / draws[:, 1, 0]))


def _judged(
    scores: Mapping[str, Floats], labels: Outcomes, measures: Sequence[str], resampling: Resampling
) -> tuple[Floats, Floats]:
    """Values `(n_systems, n_measures)` on the rows as they are, and on each draw."""
    prepared = [_prepared(values, labels, measures) for values in scores.values()]
    points = np.array([one(np.ones(len(labels))) for one in prepared])
    return points, np.array([[one(weights) for one in prepared] for weights in resampling.weights()])


def _prepared(values: Floats, labels: Outcomes, measures: Sequence[str]) -> Callable[[Floats], list[float]]:
    """What tells the measures under weights `(n_rows,)`; those of ranking share the curve that each weighting makes."""
    counted = {measure: _ALL[measure](values, labels) for measure in measures if measure not in RANKED}
    curve_of = Ranking.of(values, labels).curve if len(counted) < len(measures) else None

    def told(weights: Floats) -> list[float]:
        found = {name: measure(weights) for name, measure in counted.items()}
        if curve_of is not None:
            curve = curve_of(weights)
            found |= {name: measure(curve) for name, measure in RANKED.items()}
        return [found[name] for name in measures]

    return told


def _interval(value: float, draws: Floats) -> Interval:
    defined = draws[np.isfinite(draws)]
    if not len(defined):
        return Interval(float(value), float("nan"), float("nan"))
    low, high = np.percentile(defined, _BOUNDS).tolist()
    return Interval(float(value), low, high)
