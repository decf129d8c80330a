"""A regularised regression whose every term can be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError
from .logistic import fit_logistic
from .matrix import Matrix, checked_matrix, finite, json_object

__all__ = ["CategoryTerm", "LinearScorer", "NumberTerm", "fit_linear", "parse_linear"]

_MOST_ROWS, _MOST_NUMBERS = 100_000, 10_000_000
"""Of a design, 80 MB: rows beyond these are passed over evenly, for a regression is hardly better by more of them."""
_MOST_CODES = 100
"""Of a category that a regression reads: of more, each has few rows."""

Floats = npt.NDArray[np.float64]
Solve = Callable[[Floats, Floats, Floats], Floats]


@dataclass(frozen=True)
class NumberTerm:
    """Adds `weight` for each `scale` that a number lies above `mean`; nothing where it is missing.

    On a logarithm it reads log(1 + size) with the number's sign: counts and amounts have long tails.
    """

    mean: float
    scale: float
    weight: float
    is_log: bool = False

    def adds(self, values: Floats) -> Floats:
        """What the term adds to each margin, `(n_rows,)`."""
        return self.standard(values) * self.weight

    def standard(self, values: Floats) -> Floats:
        """The values in units of `scale` from `mean`; 0 where missing or infinite."""
        read = _shortened(values) if self.is_log else values
        return np.where(np.isfinite(values), (read - self.mean) / self.scale, 0.0)


@dataclass(frozen=True)
class CategoryTerm:
    """Adds the weight of a category's code, `weights[code]`; nothing where it is missing or was never seen."""

    weights: tuple[float, ...]

    def adds(self, values: Floats) -> Floats:
        """What the term adds to each margin, `(n_rows,)`."""
        return _one_hot(values, len(self.weights)) @ np.asarray(self.weights, np.float64)


Term = NumberTerm | CategoryTerm


@dataclass(frozen=True)
class LinearScorer:
    """An intercept and one term for each feature, in order; all in log-odds, or in logarithms of what is expected."""

    intercept: float
    terms: tuple[Term, ...]

    @property
    def form(self) -> Literal["linear"]:
        """Which kind of model it is."""
        return "linear"

    @property
    def n_features(self) -> int:
        """How many columns its vectors have."""
        return len(self.terms)

    def margin(self, X: Matrix) -> Floats:
        """The raw score of each row, `(n_rows,)`: the sum of its contributions."""
        return np.asarray(self.contributions(X).sum(axis=1), np.float64)

    def contributions(self, X: Matrix) -> Floats:
        """What each feature adds, `(n_rows, n_features + 1)`; the intercept last."""
        values = checked_matrix(X, self.n_features).astype(np.float64)
        parts = np.full((len(X), self.n_features + 1), self.intercept)
        for position, term in enumerate(self.terms):
            parts[:, position] = term.adds(values[:, position])
        return parts

    def to_text(self) -> str:
        """The model as JSON."""
        terms = [_written(term) for term in self.terms]
        return json.dumps({"intercept": self.intercept, "terms": terms}, indent=2, sort_keys=True) + "\n"


def fit_linear(
    X: Matrix,
    targets: npt.NDArray[np.generic],
    is_category: Sequence[bool],
    strength: float = 1.0,
    *,
    is_log: bool = False,
    solve: Solve = fit_logistic,
) -> LinearScorer:
    """The regression on standardised numbers and on categories by their code.

    Args:
        X: `(n_rows, n_features)`, NaN where missing.
        targets: `(n_rows,)`, 0 or 1; amounts where `solve` takes them.
        is_category: for each feature whether it holds codes.
        strength: the inverse of the penalty on squared weights, in rows, as scikit-learn's `C`.
        is_log: read numbers on a logarithm.
        solve: the weights of a design, targets and a ridge; those of a logistic regression unless told otherwise.
    """
    blank = tuple(_blank_term(column, is_code, is_log) for column, is_code in zip(X.T, is_category, strict=True))
    most = min(_MOST_ROWS, _MOST_NUMBERS // (1 + sum(map(_width, blank))))
    read = np.s_[:: 1 + (len(X) - 1) // most]
    blocks = [_block(term, column[read].astype(np.float64)) for term, column in zip(blank, X.T, strict=True)]
    design = np.hstack([np.ones((len(targets[read]), 1)), *blocks])
    ridge = np.full(design.shape[1], 1.0 / strength)
    ridge[0] = 0.0
    weights = solve(design, targets[read].astype(np.float64), ridge)
    ends = np.cumsum([1, *(block.shape[1] for block in blocks)])
    pieces = np.split(weights, ends)[1:-1]
    return LinearScorer(
        float(weights[0]), tuple(_weighted(term, piece) for term, piece in zip(blank, pieces, strict=True))
    )


def parse_linear(text: str) -> LinearScorer:
    """The model that `LinearScorer.to_text` wrote.

    Raises:
        DamagedError: the text is not such a model.
    """
    written = json_object(text, "the linear model")
    try:
        return LinearScorer(finite(written["intercept"]), tuple(_term(one) for one in written["terms"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DamagedError(f"the linear model lacks a key or holds what is no number: {error}") from error


def _blank_term(column: npt.NDArray[np.float32], is_category: bool, is_log: bool) -> Term:
    seen = column[np.isfinite(column)].astype(np.float64)
    if is_category:
        n_codes = int(seen.max()) + 1 if len(seen) else 0
        return CategoryTerm((0.0,) * (n_codes if n_codes <= _MOST_CODES else 0))
    if not len(seen):
        return NumberTerm(0.0, 1.0, 0.0, is_log)
    read = _shortened(seen) if is_log else seen
    return NumberTerm(float(read.mean()), float(read.std()) or 1.0, 0.0, is_log)


def _shortened(values: Floats) -> Floats:
    """The logarithm of 1 and the size of each value, with its sign."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), np.float64)


def _width(term: Term) -> int:
    return len(term.weights) if isinstance(term, CategoryTerm) else 1


def _block(term: Term, values: Floats) -> Floats:
    if isinstance(term, CategoryTerm):
        return _one_hot(values, len(term.weights))
    return term.standard(values)[:, None]


def _one_hot(values: Floats, n_codes: int) -> Floats:
    """Which code each value is, `(n_rows, n_codes)`; a row of zeros for a missing or unknown one."""
    return np.asarray(values[:, None] == np.arange(n_codes), np.float64)


def _weighted(term: Term, weights: Floats) -> Term:
    if isinstance(term, CategoryTerm):
        return CategoryTerm(tuple(weights.tolist()))
    return replace(term, weight=float(weights[0]))


def _written(term: Term) -> dict[str, Any]:
    if isinstance(term, CategoryTerm):
        return {"weights": list(term.weights)}
    return {"mean": term.mean, "scale": term.scale, "weight": term.weight, "is_log": term.is_log}


def _term(written: Mapping[str, Any]) -> Term:
    if "weights" in written:
        return CategoryTerm(tuple(finite(weight) for weight in written["weights"]))
    mean, scale, weight = (finite(written[key]) for key in ("mean", "scale", "weight"))
    term = NumberTerm(mean, scale, weight, is_log=written.get("is_log") is True)
    if term.scale <= 0:
        raise ValueError(f"the scale {term.scale} is not positive")
    return term
