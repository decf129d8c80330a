"""BG/NBD: how often people buy until they stop for good, as what they did so far lets expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from .newton import descent

__all__ = ["Buying", "Histories"]

Floats = npt.NDArray[np.float64]

_SHAPES = (1.0, 0.8, 2.5)
"""Where a search for r, a and b begins: stopping of one in four after a purchase, much varied."""
_WIDE = 3.0
"""How far from where the search began the logarithm of a parameter may be."""
_SHORT = 0.1
"""The part of the horizon that alpha is at least: the less it is, the more terms an expectation takes."""
_LEAST_ALIVE = np.log(1e-3)
"""Nobody is written off: the logarithm of the chance below which none is told to buy still."""
_APART = 1e-6
"""How far from its poles the expectation is told, where rounding does not show yet."""
_FINE = 0.01
"""The part of the horizon by which histories must differ to be told apart where parameters are fitted."""
_SMALL = 1e-12
_MOST_TERMS = 10_000
_STEP = 1e-5


@dataclass(frozen=True)
class Histories:
    """What is known of each, `(n,)`: purchases after the first, and days from the first to the last and to now."""

    repeats: Floats
    last: Floats
    age: Floats


class Buying(NamedTuple):
    """How people differ: in how often they buy, gamma(r, alpha) a day, and stop after a repeat, beta(a, b).

    Source: Fader, Hardie, Lee (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD model,
    Marketing Science 24.
    """

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def fitted(cls, known: Histories, came: Floats, days: float) -> Self:
        """The parameters by which purchases of so many days, `came` (n,), are least surprising.

        They are told by what followed, as a regression's weights are, by the likelihood of Poisson, which finds means;
        so neither who is in the cohort nor where the log begins misleads them. A weak prior keeps them near usual ones.
        """
        rows, counts, sums = _alike(known, came, days * _FINE)
        begin, least = np.log(_usual(rows, counts, days * _SHORT)), np.log(days * _SHORT)

        def told(logs: Floats) -> Floats:
            return np.exp(cls(*np.exp(logs)).log_expected(rows, days))

        def loss(logs: Floats) -> float:
            if np.abs(logs - begin).max() > _WIDE or logs[1] < least:
                return float("inf")
            means = told(logs)
            return float(counts @ means - sums @ np.log(means) + 0.5 * ((logs - begin) ** 2).sum())

        def step(logs: Floats) -> Floats:
            means = told(logs)
            slopes = np.column_stack([(told(logs + one) - means) / _STEP for one in _STEP * np.eye(4)])
            slope = slopes.T @ (counts - sums / means) + logs - begin
            curvature = (slopes.T * (counts / means)) @ slopes + np.eye(4)
            return np.asarray(np.linalg.solve(curvature, slope), np.float64)

        return cls(*np.exp(descent(begin, loss, step)).tolist())

    def log_expected(self, known: Histories, days: float) -> Floats:
        """The logarithm of how many purchases each is expected to make in so many days to come, `(n,)`."""
        return self._log_expected_if_alive(known, days) + self._log_alive(known)

    def _log_alive(self, known: Histories) -> Floats:
        """The logarithm of the chance that each has not stopped, of which nobody has none."""
        repeats = np.maximum(known.repeats, 1.0)
        passed = np.log(self.alpha + known.age) - np.log(self.alpha + known.last)
        odds = np.log(self.a / (self.b + repeats - 1.0)) + (self.r + repeats) * passed
        return np.where(known.repeats > 0, np.maximum(-np.logaddexp(0.0, odds), _LEAST_ALIVE), 0.0)

    def _log_expected_if_alive(self, known: Histories, days: float) -> Floats:
        """That of who has not stopped: equation 10 of the paper, its series as Euler transformed it.

        Source: Abramowitz, Stegun (1964), Handbook of mathematical functions, 15.3.3.
        """
        above, part = self.a - 1.0, days / (self.alpha + known.age + days)
        above = above if abs(above) > _APART else _APART
        below = self.a + self.b + known.repeats - 1.0
        below = np.where(np.abs(below) > _APART, below, _APART)
        series = _series(self.a + self.b - 1.0 - self.r, above, below, part)
        return np.asarray(np.log(below / above * (1.0 - (1.0 - part) ** above * series)), np.float64)


def _series(one: float, other: float, below: Floats, at: Floats) -> Floats:
    """Gauss's hypergeometric function of each `below` and `at` (n,), from 0 to below 1, whatever stands beside it."""
    term = np.ones_like(at)
    total = term.copy()
    for n in range(_MOST_TERMS):
        term = term * ((one + n) * (other + n) / (n + 1.0)) / (below + n) * at
        total += term
        counts = np.abs(term) > _SMALL * np.abs(total)
        if not counts.any():
            break
        term[~counts] = 0.0
    return total


def _alike(known: Histories, came: Floats, least: float) -> tuple[Histories, Floats, Floats]:
    """Histories that differ by `least` days or more, how many have each, and what came of them together."""
    columns = [known.repeats, *(np.round(days / least) * least for days in (known.last, known.age))]
    order = np.lexsort(columns)
    table = np.column_stack(columns)[order]
    starts = np.flatnonzero(np.append(True, (np.diff(table, axis=0) != 0).any(axis=1)))
    counts = np.diff(np.append(starts, len(table))).astype(np.float64)
    return Histories(*table[starts].T), counts, np.add.reduceat(came[order], starts)


def _usual(known: Histories, counts: Floats, least: float) -> Floats:
    """Usual shapes, and the scale with which the mean rate is that of all repeats in all days."""
    r, a, b = _SHAPES
    alpha = r * (1.0 + counts @ known.age) / (1.0 + counts @ known.repeats)
    return np.array([r, max(alpha, least), a, b])
