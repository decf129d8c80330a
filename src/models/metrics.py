"""How well scores rank and how well chances count, each prepared once and weighed many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .reliability import equal_mass_error

__all__ = ["MEASURES", "RANKED", "Curve", "Measure", "Ranking", "by_cutoff", "evaluate", "gains_table", "periods_of"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]
Measure = Callable[[Floats], float]
"""A measure of rows already given, under weights `(n_rows,)`; NaN where it is undefined."""

_SHARES = (0.01, 0.05, 0.10, 0.20)
_MOST_PERIODS = 12
_LEAST = 1e-15


class Curve(NamedTuple):
    """Rows from the highest score down: the weight `reached` and the `positive` weight at each distinct score, from 0.

    Both are `(n_distinct + 1,)`.
    """

    reached: Floats
    positive: Floats

    def auc(self) -> float:
        """The chance that a positive row outranks a negative one; a tie counts half.

        Source: Hanley, McNeil (1982), The meaning and use of the area under a ROC curve, Radiology 143.
        """
        negative = self.reached - self.positive
        area = float((np.diff(negative) * (self.positive[1:] + self.positive[:-1])).sum()) / 2.0
        return _ratio(area, float(negative[-1] * self.positive[-1]))

    def average_precision(self) -> float:
        """The precision at each distinct score, averaged by the recall that it adds.

        Source: Davis, Goadrich (2006), The relationship between precision-recall and ROC curves, ICML.
        """
        is_reached = self.reached[1:] > 0
        precision = self.positive[1:][is_reached] / self.reached[1:][is_reached]
        return _ratio(float((np.diff(self.positive)[is_reached] * precision).sum()), float(self.positive[-1]))

    def gain(self, share: float) -> float:
        """The part of all positives in the best-ranked `share`; rows of equal score are cut proportionally.

        Source: Ling, Li (1998), Data mining for direct marketing, KDD.
        """
        reached, positive = self
        return _ratio(float(np.interp(share * reached[-1], reached, positive)), float(positive[-1]))

    def lift(self, share: float) -> float:
        """How many times as often the outcome comes in the best-ranked `share` as in all rows."""
        return self.gain(share) / share


@dataclass(frozen=True)
class Ranking:
    """Rows from the highest score down, so that any weighting of them is judged in one pass.

    `order` (n_rows,) are row positions; `ends` (n_distinct,) where each run of equal scores ends;
    `hits` (n_rows,) the labels in that order, or amounts.
    """

    order: npt.NDArray[np.intp]
    ends: npt.NDArray[np.intp]
    hits: Floats

    @classmethod
    def of(cls, scores: Floats, labels: Labels | Floats) -> Ranking:
        """The ranking that scores `(n_rows,)` make of rows with these labels."""
        order = np.argsort(-scores, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
        return cls(order, ends, labels[order].astype(np.float64))

    def curve(self, weights: Floats) -> Curve:
        """How weights `(n_rows,)` and those of positive rows add up."""
        sorted_weights = weights[self.order]
        reached = np.append(0.0, np.cumsum(sorted_weights)[self.ends])
        return Curve(reached, np.append(0.0, np.cumsum(sorted_weights * self.hits)[self.ends]))

    def measured(self, name: str) -> Measure:
        """One of the measures of ranking."""
        measure = RANKED[name]
        return lambda weights: measure(self.curve(weights))


RANKED: Mapping[str, Callable[[Curve], float]] = {
    "auc": Curve.auc,
    "average_precision": Curve.average_precision,
    "lift_10": lambda curve: curve.lift(0.10),
}
"""Measures of any score, by name, of the curve that it makes: all of one draw are told by the same."""


def _ranked(name: str) -> Callable[[Floats, Labels], Measure]:
    return lambda scores, labels: Ranking.of(scores, labels).measured(name)


def _log_loss(chances: Floats, labels: Labels) -> Measure:
    """Source: Good (1952), Rational decisions, Journal of the Royal Statistical Society B 14."""
    kept = np.clip(chances, _LEAST, 1.0 - _LEAST)
    return _weighted_mean(-np.log(np.where(labels == 1, kept, 1.0 - kept)))


def _brier(chances: Floats, labels: Labels) -> Measure:
    """Source: Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather Review 78."""
    return _weighted_mean((chances - labels) ** 2)


def _mean_ratio(chances: Floats, labels: Labels) -> Measure:
    return lambda weights: _ratio(float(weights @ chances), float(weights @ labels))


MEASURES: Mapping[str, Callable[[Floats, Labels], Measure]] = {
    **{name: _ranked(name) for name in RANKED},
    "brier": _brier,
    "log_loss": _log_loss,
    "mean_ratio": _mean_ratio,
}
"""By name: `brier`, `log_loss` and `mean_ratio` (mean chance over base rate) judge chances, others any score."""


def evaluate(margins: Floats, chances: Floats, labels: Labels) -> dict[str, float]:
    """All measures of the rows, and the log-loss and Brier score that the base rate alone would have.

    Args:
        margins: what rows are ranked by, `(n_rows,)`.
        chances: what is counted, `(n_rows,)` from 0 to 1.
        labels: `(n_rows,)`, 0 or 1.
    """
    weights = np.ones(len(labels))
    found = {
        name: prepare(margins if name in RANKED else chances, labels)(weights) for name, prepare in MEASURES.items()
    }
    base = np.full(len(labels), labels.mean())
    found |= {f"base_{name}": MEASURES[name](base, labels)(weights) for name in ("log_loss", "brier")}
    return {"base_rate": float(labels.mean()), "mean_chance": float(chances.mean()), **found}


def gains_table(scores: Floats, labels: Labels) -> list[dict[str, float]]:
    """Gain and lift in the best-ranked 1, 5, 10 and 20 % of the rows, one object for each share."""
    curve = Ranking.of(scores, labels).curve(np.ones(len(labels)))
    return [{"share": share, "gain": curve.gain(share), "lift": curve.lift(share)} for share in _SHARES]


def by_cutoff(margins: Floats, chances: Floats, labels: Labels, cutoffs: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """How the rows of each cutoff were judged, oldest first; a measure that is undefined is None.

    Of more than twelve cutoffs, as triggers have, neighbours are taken together until about equally many rows
    make twelve periods: `cutoff` is the first of a period and `last` the last.
    """
    return [
        {"cutoff": int(cutoffs[at].min()), "last": int(cutoffs[at].max()), **_row(margins[at], chances[at], labels[at])}
        for at in periods_of(cutoffs)
    ]


def periods_of(cutoffs: npt.NDArray[np.int64]) -> list[npt.NDArray[np.intp]]:
    """Row positions of each cutoff, or of twelve periods of cutoffs, oldest first; rows of one cutoff stay together."""
    instants, place, rows = np.unique(cutoffs, return_inverse=True, return_counts=True)
    numbers = np.arange(len(instants))
    if len(instants) > _MOST_PERIODS:
        numbers = (np.cumsum(rows) - rows) * _MOST_PERIODS // len(cutoffs)
    return [np.flatnonzero(numbers[place] == one) for one in np.unique(numbers)]


def _row(margins: Floats, chances: Floats, labels: Labels) -> dict[str, Any]:
    found = evaluate(margins, chances, labels)
    told = ("base_rate", "mean_chance", "auc", "average_precision", "log_loss", "brier")
    measured = {name: found[name] for name in told} | {"ece": equal_mass_error(chances, labels)}
    for row in gains_table(margins, labels):
        measured |= {f"{name}_{100 * row['share']:g}": row[name] for name in ("lift", "gain")}
    defined = {name: None if np.isnan(value) else value for name, value in measured.items()}
    return {"rows": len(labels), "positives": int((labels == 1).sum()), **defined}


def _weighted_mean(losses: Floats) -> Measure:
    return lambda weights: _ratio(float(weights @ losses), float(weights.sum()))


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
