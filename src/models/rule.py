"""One feature and a direction: the rule that every model has to beat."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError
from .matrix import Matrix, checked_matrix, finite, json_object

__all__ = ["Direction", "RuleScorer", "fit_rule", "parse_rule"]

Direction = Literal["high", "low"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RuleScorer:
    """Ranks by the feature at position `feature`: `high` values first, or `low` ones.

    `worst` is the lowest margin it gives: to a missing value and to all that is worse still.
    `typical` is the margin of the middle row in training, from which contributions are told.
    """

    n_features: int
    feature: int
    direction: Direction
    worst: float
    typical: float

    @property
    def form(self) -> Literal["rule"]:
        """Which kind of model it is."""
        return "rule"

    def margin(self, X: Matrix) -> Floats:
        """The feature's value, negated where low values come first: `(n_rows,)`, never below `worst`."""
        directed = _directed(checked_matrix(X, self.n_features)[:, self.feature], self.direction)
        return np.where(np.isnan(directed), self.worst, np.maximum(directed, self.worst))

    def contributions(self, X: Matrix) -> Floats:
        """How far the feature lifts each row from the typical one, `(n_rows, n_features + 1)`; base last."""
        parts = np.zeros((len(X), self.n_features + 1))
        parts[:, self.feature] = self.margin(X) - self.typical
        parts[:, -1] = self.typical
        return parts

    def to_text(self) -> str:
        """The rule as JSON."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def fit_rule(X: Matrix, feature: int, direction: Direction) -> RuleScorer:
    """The rule on one column of training vectors `(n_rows, n_features)`.

    A missing value ranks one unit below the worst that was seen.
    """
    directed = _directed(X[:, feature], direction)
    seen = directed[np.isfinite(directed)]
    if not len(seen):
        return RuleScorer(X.shape[1], feature, direction, worst=0.0, typical=0.0)
    return RuleScorer(X.shape[1], feature, direction, float(seen.min()) - 1.0, float(np.median(seen)))


def parse_rule(text: str) -> RuleScorer:
    """The rule that `RuleScorer.to_text` wrote.

    Raises:
        DamagedError: the text is not such a rule.
    """
    written = json_object(text, "the rule")
    try:
        n_features, feature, direction = int(written["n_features"]), int(written["feature"]), written["direction"]
        worst, typical = finite(written["worst"]), finite(written["typical"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DamagedError(f"the rule lacks a key or holds what is no number: {error}") from error
    if direction not in ("high", "low") or not 0 <= feature < n_features:
        raise DamagedError(f"the rule ranks feature {feature} of {n_features}, {direction} first; that is no rule")
    return RuleScorer(n_features, feature, direction, worst, typical)


def _directed(column: npt.NDArray[np.float32], direction: Direction) -> Floats:
    values = column.astype(np.float64)
    return values if direction == "high" else -values
