"""Several models of one outcome that answer as one: the mean of their margins."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError
from .matrix import Matrix, finite, json_object

if TYPE_CHECKING:
    from .scorer import Scorer

__all__ = ["MeanScorer", "parse_mean"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MeanScorer:
    """The mean of the margins of the `parts`, which read the same columns: of logarithms, so a geometric mean.

    Each part counts by its weight in `weights`, which is how many models it is the average of itself.

    Source: Genest, Zidek (1986), Combining probability distributions, Statistical Science 1 (the logarithmic pool).
    """

    parts: tuple[Scorer, ...]
    weights: tuple[float, ...]

    @property
    def form(self) -> Literal["mean"]:
        """Which kind of model it is."""
        return "mean"

    @property
    def n_features(self) -> int:
        """How many columns its vectors have."""
        return self.parts[0].n_features

    def margin(self, X: Matrix) -> Floats:
        """The mean margin of each row, `(n_rows,)`."""
        return self._mean([one.margin(X) for one in self.parts])

    def contributions(self, X: Matrix) -> Floats:
        """What each feature adds, `(n_rows, n_features + 1)`, base last: the mean of what it adds to each part."""
        return self._mean([one.contributions(X) for one in self.parts])

    def to_text(self) -> str:
        """The parts as JSON, each with its form and its weight."""
        parts = [
            {"form": one.form, "weight": weight, "text": one.to_text()}
            for one, weight in zip(self.parts, self.weights, strict=True)
        ]
        return json.dumps({"parts": parts}, indent=2) + "\n"

    def _mean(self, told: list[Floats]) -> Floats:
        return np.asarray(np.average(told, axis=0, weights=self.weights), np.float64)


def parse_mean(text: str, parse: Callable[[str, str], Scorer]) -> MeanScorer:
    """The model that `MeanScorer.to_text` wrote.

    Args:
        parse: what reads the text of a part, given its form.

    Raises:
        DamagedError: the text is not such a model.
        RefusedError: a part is of a kind that cannot be scored here.
    """
    written = json_object(text, "the mean of models")
    try:
        told = [(str(one["form"]), str(one["text"]), finite(one["weight"])) for one in written["parts"]]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DamagedError(f"the mean of models lacks a key or holds what is no number: {error}") from error
    if not told or any(form in _NO_LOGARITHM for form, _, _ in told) or min(weight for _, _, weight in told) <= 0:
        found = ", ".join(f"{weight:g} of {form}" for form, _, weight in told) or "nothing"
        raise DamagedError(f"the mean of models is of {found}; parts are models on a logarithm, weights above 0")
    parts = tuple(parse(form, one) for form, one, _ in told)
    if len({one.n_features for one in parts}) > 1:
        raise DamagedError(
            f"parts of {' and of '.join(str(one.n_features) for one in parts)} features are no one model"
        )
    return MeanScorer(parts, tuple(weight for _, _, weight in told))


_NO_LOGARITHM = ("rule", "mean")
"""Forms that are no part of a mean: a rule tells no logarithm, and a mean of means is one mean."""
