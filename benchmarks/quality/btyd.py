"""BG/NBD: how often people buy until they stop for good, fitted by maximum likelihood.

Source: Fader, Hardie, Lee (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD model,
Marketing Science 24: equation 6 for the likelihood, 10 for the expectation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

__all__ = ["PUBLISHED", "PUBLISHED_LOG_LIKELIHOOD", "History", "Model"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """What the model looks at, `(n_users,)` each: repeat purchases, and weeks from the first to the last and to now."""

    repeats: Floats
    last: Floats
    age: Floats


class Model(NamedTuple):
    """The model's four parameters: rates of buying are gamma(r, alpha), chances to stop are beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def fitted(cls, history: History) -> Self:
        """The parameters under which the history is most likely."""

        def loss(logs: Floats) -> float:
            return -cls(*np.exp(logs)).log_likelihood(history) / len(history.repeats)

        found = minimize(
            loss, np.zeros(4), method="Nelder-Mead", options={"maxiter": 5_000, "xatol": 1e-7, "fatol": 1e-11}
        )
        return cls(*(float(one) for one in np.exp(found.x)))

    def log_likelihood(self, history: History) -> float:
        """The logarithm of how likely the history is."""
        r, alpha, a, b = self
        x, last, age = history.repeats, history.last, history.age
        shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
        stopped = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + last)
        return float((shared + np.logaddexp(alive, np.where(x > 0, stopped, -np.inf))).sum())

    def expected(self, history: History, weeks: float) -> Floats:
        """How many purchases each user is expected to make in so many weeks to come, `(n_users,)`."""
        r, alpha, a, b = self
        x, last, age = history.repeats, history.last, history.age
        shrunk = ((alpha + age) / (alpha + age + weeks)) ** (r + x)
        ever = 1 - shrunk * hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + age + weeks))
        odds = a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + last)) ** (r + x)
        found: Floats = (a + b + x - 1) / (a - 1) * ever / (1 + np.where(x > 0, odds, 0.0))
        return found


PUBLISHED = Model(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""Table 2 of the paper, for the sample of 2,357 customers of CDNOW."""
PUBLISHED_LOG_LIKELIHOOD = -9582.4
