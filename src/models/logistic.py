"""Logistic regression by Newton's method: what linear models and Platt's calibration stand on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .newton import descent

__all__ = ["fit_intercept", "fit_logistic", "log_losses", "sigmoid"]

Floats = npt.NDArray[np.float64]

_LOWEST = -700.0  # below, the exponential leaves the range of doubles
_STEPS = 30
_FAR = 2.0  # a longer step goes beyond what the curvature knows
_NEAR = 1e-9
_FLATTEST = 1e-300  # where all chances round to certainty, there is a slope without a curvature


def sigmoid(margins: Floats) -> Floats:
    """The chance that log-odds stand for, from 0 to 1; it never falls, not even by rounding.

    >>> sigmoid(np.array([0.0, 1000.0])).tolist()
    [0.5, 1.0]
    """
    return 1.0 / (1.0 + np.exp(-np.maximum(margins, _LOWEST)))


def log_losses(margins: Floats, targets: Floats) -> Floats:
    """The negative log-likelihood of each target, 0 to 1, under its log-odds: `(n_rows,)`, exact far out."""
    losses: Floats = np.logaddexp(0.0, margins) - targets * margins
    return losses


def fit_logistic(design: Floats, targets: Floats, ridge: Floats) -> Floats:
    """The weights `(n_columns,)` that make the penalised likelihood greatest.

    Args:
        design: `(n_rows, n_columns)`, with a column of ones for the intercept.
        targets: `(n_rows,)` from 0 to 1.
        ridge: `(n_columns,)` factor of each squared weight's half; positive, or 0 for a column that needs none.

    Source: Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, 4.4.1 (Newton-Raphson).
    """
    return descent(
        np.zeros(design.shape[1]),
        lambda weights: _loss(design, targets, ridge, weights),
        lambda weights: _newton_step(design, targets, ridge, weights),
    )


def fit_intercept(margins: Floats, targets: npt.NDArray[np.int8] | Floats, precision: float = 0.0) -> float:
    """What to add to all log-odds `(n_rows,)` so that the targets, 0 or 1, are likeliest.

    Args:
        precision: of a normal prior around 0; without one, targets that are all alike are followed a long way.
    """
    found = 0.0
    for _ in range(_STEPS):
        chances = sigmoid(margins + found)
        slope = float((targets - chances).sum()) - precision * found
        step = slope / max(float((chances * (1.0 - chances)).sum()) + precision, _FLATTEST)
        found += min(max(step, -_FAR), _FAR)
        if abs(step) < _NEAR:
            break
    return found


def _loss(design: Floats, targets: Floats, ridge: Floats, weights: Floats) -> float:
    return float(log_losses(design @ weights, targets).sum() + 0.5 * (ridge * weights**2).sum())


def _newton_step(design: Floats, targets: Floats, ridge: Floats, weights: Floats) -> Floats:
    chances = sigmoid(design @ weights)
    slope = design.T @ (chances - targets) + ridge * weights
    curvature = (design.T * np.maximum(chances * (1.0 - chances), 1e-12)) @ design
    curvature[np.diag_indices_from(curvature)] += ridge + 1e-9
    return np.asarray(np.linalg.solve(curvature, slope), np.float64)
