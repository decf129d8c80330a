"""Regression of a mean on a logarithm by Newton's method, for amounts and counts that may be nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .newton import descent

__all__ = ["fit_log_mean"]

Floats = npt.NDArray[np.float64]

_FAR = 300.0


def fit_log_mean(design: Floats, amounts: Floats, ridge: Floats) -> Floats:
    """The weights `(n_columns,)` of the logarithm of the mean, by the likelihood of Poisson, which finds means of all.

    Amounts are taken in units of their mean, so that the penalty weighs the same in any currency. With an intercept,
    the first column, that is not penalised, what is expected adds up to the amounts.

    Args:
        design: `(n_rows, n_columns)`, its first column ones.
        amounts: `(n_rows,)`, 0 or more, not all 0.
        ridge: `(n_columns,)` factor of each squared weight's half.

    Source: Gourieroux, Monfort, Trognon (1984), Pseudo maximum likelihood methods: applications to Poisson models,
    Econometrica 52 (consistent whatever the distribution).
    """
    unit = float(amounts.mean())
    targets = amounts / unit
    weights = descent(
        np.zeros(design.shape[1]),
        lambda weights: _loss(design, targets, ridge, weights),
        lambda weights: _newton_step(design, targets, ridge, weights),
    )
    weights[0] += np.log(unit)
    return weights


def _means(design: Floats, weights: Floats) -> Floats:
    return np.asarray(np.exp(np.clip(design @ weights, -_FAR, _FAR)), np.float64)


def _loss(design: Floats, targets: Floats, ridge: Floats, weights: Floats) -> float:
    likelihood = targets @ (design @ weights) - _means(design, weights).sum()
    return float(0.5 * (ridge * weights**2).sum() - likelihood)


def _newton_step(design: Floats, targets: Floats, ridge: Floats, weights: Floats) -> Floats:
    means = _means(design, weights)
    slope = design.T @ (means - targets) + ridge * weights
    curvature = (design.T * np.maximum(means, 1e-12)) @ design
    curvature[np.diag_indices_from(curvature)] += ridge + 1e-9
    return np.asarray(np.linalg.solve(curvature, slope), np.float64)
