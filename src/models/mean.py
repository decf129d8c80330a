"""Several models of one outcome that answer as one: the mean of their margins."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError
from .bgnbd_scorer import parse_bgnbd
from .linear import parse_linear
from .matrix import Matrix, json_object

if TYPE_CHECKING:
    from .scorer import Scorer

__all__ = ["MeanScorer", "parse_mean"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MeanScorer:
    """The mean of the margins of the `parts`, which read the same columns: of logarithms, so a geometric mean.

    Source: Genest, Zidek (1986), Combining probability distributions, Statistical Science 1 (the logarithmic pool).
    """

    parts: tuple[Scorer, ...]

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
        return np.asarray(np.mean([one.margin(X) for one in self.parts], axis=0), np.float64)

    def contributions(self, X: Matrix) -> Floats:
        """What each feature adds, `(n_rows, n_features + 1)`, base last: the mean of what it adds to each part."""
        return np.asarray(np.mean([one.contributions(X) for one in self.parts], axis=0), np.float64)

    def to_text(self) -> str:
        """The parts as JSON, by their form."""
        return json.dumps({one.form: one.to_text() for one in self.parts}, indent=2) + "\n"


def parse_mean(text: str) -> MeanScorer:
    """The model that `MeanScorer.to_text` wrote.

    Raises:
        DamagedError: the text is not such a model.
    """
    written = json_object(text, "the mean of models")
    if set(written) != set(_PARSERS) or not all(isinstance(one, str) for one in written.values()):
        raise DamagedError(f"the mean of models is of {', '.join(written) or 'none'}, not of {' and '.join(_PARSERS)}")
    parts = tuple(_PARSERS[form](one) for form, one in written.items())
    if len({one.n_features for one in parts}) > 1:
        raise DamagedError(
            f"parts of {' and of '.join(str(one.n_features) for one in parts)} features are no one model"
        )
    return MeanScorer(parts)


_PARSERS: dict[str, Callable[[str], Scorer]] = {"bgnbd": parse_bgnbd, "linear": parse_linear}
