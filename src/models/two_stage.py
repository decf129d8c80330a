"""Whether anything comes, times how much if it does: two models that answer as one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError
from .matrix import Matrix, json_object

if TYPE_CHECKING:
    from .scorer import Scorer

__all__ = ["TwoStageScorer", "parse_two_stage"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TwoStageScorer:
    """The logarithm of what is expected: that of the `chance` of anything, and of the `amount` of those who have any.

    Source: Duan, Manning, Morris, Newhouse (1983), A comparison of alternative models for the demand for medical
    care, Journal of Business & Economic Statistics 1 (two parts).
    """

    chance: Scorer
    amount: Scorer

    @property
    def form(self) -> Literal["two_stage"]:
        """Which kind of model it is."""
        return "two_stage"

    @property
    def n_features(self) -> int:
        """How many columns its vectors have."""
        return self.chance.n_features

    def margin(self, X: Matrix) -> Floats:
        """The logarithm of the expectation of each row, `(n_rows,)`."""
        return _log_chance(self.chance.margin(X)) + self.amount.margin(X)

    def contributions(self, X: Matrix) -> Floats:
        """What each feature adds, `(n_rows, n_features + 1)`, base last: both stages' together, a row to its margin.

        The parts of the log-odds are shrunk alike, by how far the logarithm of the chance moves for each unit of them
        between the base and the row.

        Source: Chen, Lundberg, Lee (2022), Explaining a series of models by propagating Shapley values, Nature
        Communications 13 (the rescale rule).
        """
        parts, amounts = self.chance.contributions(X), self.amount.contributions(X)
        base, odds = parts[:, -1].copy(), self.chance.margin(X)
        shrunk = parts * _slope(base, odds)[:, None]
        shrunk[:, -1] = _log_chance(base)
        return np.asarray(shrunk + amounts, np.float64)

    def to_text(self) -> str:
        """Both stages as JSON."""
        return json.dumps({"chance": self.chance.to_text(), "amount": self.amount.to_text()}, indent=2) + "\n"


def parse_two_stage(text: str) -> TwoStageScorer:
    """The model that `TwoStageScorer.to_text` wrote.

    Raises:
        DamagedError: the text is not such a model.
        RefusedError: a stage is of a kind that cannot be scored here.
    """
    from .forest_check import open_forest  # noqa: PLC0415 - it alone needs the compiler

    written = json_object(text, "the model of two stages")
    texts = [written.get(stage) for stage in ("chance", "amount")]
    if not all(isinstance(one, str) for one in texts):
        raise DamagedError("the model of two stages lacks one of them")
    chance, amount = (open_forest(str(one)) for one in texts)
    if chance.n_features != amount.n_features:
        raise DamagedError(f"stages of {chance.n_features} and of {amount.n_features} features are no one model")
    return TwoStageScorer(chance, amount)


def _log_chance(odds: Floats) -> Floats:
    found: Floats = -np.logaddexp(0.0, -odds)
    return found


def _slope(base: Floats, odds: Floats) -> Floats:
    """How much the logarithm of the chance rises with the log-odds from the one to the other, `(n_rows,)`."""
    far = np.abs(odds - base) > 1e-9
    step = np.where(far, odds - base, 1.0)
    return np.where(far, (_log_chance(odds) - _log_chance(base)) / step, np.exp(_log_chance(-odds)))
