"""A forest that LightGBM itself scores: the way out for models that are not scored here to the last bit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .matrix import Matrix, checked_matrix

__all__ = ["ReferenceScorer", "is_marked"]

Floats = npt.NDArray[np.float64]

_MARK = "\nscored_by=lightgbm\n"


def is_marked(text: str) -> bool:
    """Whether the text of a model says that LightGBM is to score it."""
    return text.endswith(_MARK)


@dataclass(frozen=True)
class ReferenceScorer:
    """A LightGBM model of one outcome; `text` is LightGBM's own, which it trusts: it must be known to be whole."""

    text: str

    @classmethod
    def read(cls, text: str) -> ReferenceScorer:
        """The scorer of a text, marked or not."""
        return cls(text.removesuffix(_MARK))

    @property
    def form(self) -> Literal["forest"]:
        """Which kind of model it is."""
        return "forest"

    @property
    def n_features(self) -> int:
        """How many columns its vectors have."""
        return int(self._booster.num_feature())

    def margin(self, X: Matrix) -> Floats:
        """The log-odds of each row, `(n_rows,)`."""
        return self._predicted(X, (len(X),), raw_score=True)

    def contributions(self, X: Matrix) -> Floats:
        """What each feature adds, `(n_rows, n_features + 1)`; the mean margin in training last."""
        return self._predicted(X, (len(X), self.n_features + 1), pred_contrib=True)

    def to_text(self) -> str:
        """LightGBM's text with the mark behind it."""
        return self.text + _MARK

    def _predicted(self, X: Matrix, shape: tuple[int, ...], **wanted: bool) -> Floats:
        X = checked_matrix(X, self.n_features)
        if not len(X):
            return np.zeros(shape)
        return np.asarray(self._booster.predict(X, num_threads=1, **wanted), np.float64)

    @cached_property
    def _booster(self) -> Any:
        import lightgbm as lgb  # noqa: PLC0415 - scoring does without it wherever it can

        return lgb.Booster(model_str=self.text)
