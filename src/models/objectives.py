"""What models are fitted to: whether something comes, or how much, with the loss that each of them makes small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import RefusedError
from .logistic import fit_logistic, log_losses
from .loglinear import fit_log_mean
from .table import Table

__all__ = ["JUDGING_POWER", "OBJECTIVES", "Objective", "deviances"]

Floats = npt.NDArray[np.float64]

JUDGING_POWER = 1.5
"""Of the Tweedie deviance that judges amounts, whatever power trees were grown with."""
_FAR = 700.0
"""A margin beyond which the exponential leaves the range of doubles."""


@dataclass(frozen=True)
class Objective:
    """A target and its loss, by LightGBM's name for them, and by that of people, `loss`.

    `rows` are those of a table that are learned from, `targets` (n_rows,) what is learned, `losses` (n_rows,) those of
    margins and targets, `solve` the weights of a regression with design, targets and ridge.
    """

    name: str
    metric: str
    loss: str
    rows: Callable[[Table], Table]
    targets: Callable[[Table], Floats]
    losses: Callable[[Floats, Floats], Floats]
    solve: Callable[[Floats, Floats, Floats], Floats]


def deviances(expected: Floats, amounts: Floats, power: float = JUDGING_POWER) -> Floats:
    """The Tweedie deviance of each amount from what was expected, above 0: `(n_rows,)`.

    It is least, in the mean, where the expectation is the mean, so it judges means whatever the amounts are like; an
    amount below 0 counts as it is, against an expectation that stays above 0.

    Args:
        power: above 1 and below 2; how fast the variance grows with the mean.

    Source: Jorgensen (1997), The theory of dispersion models; Gneiting (2011), Making and evaluating point forecasts,
    Journal of the American Statistical Association 106 (consistent for the mean).

    >>> deviances(np.array([4.0, 1.0]), np.array([4.0, 0.0])).tolist()
    [0.0, 4.0]
    """
    saturated = np.maximum(amounts, 0.0) ** (2 - power) / ((1 - power) * (2 - power))
    told = amounts * expected ** (1 - power) / (1 - power) - expected ** (2 - power) / (2 - power)
    found: Floats = 2.0 * (saturated - told)
    return found


def _everybody(table: Table) -> Table:
    return table


def _payers(table: Table) -> Table:
    return table.at(np.flatnonzero(table.labels == 1))


def _labels(table: Table) -> Floats:
    return table.labels.astype(np.float64)


def _amounts(table: Table) -> Floats:
    """The amounts, and nothing for those below 0: what trees with a logarithm inside can learn."""
    if table.amounts is None:
        raise RefusedError("rows of a yes-or-no outcome meet a model of amounts; train the tag again")
    return np.maximum(table.amounts, 0.0)


def _log_mean_losses(margins: Floats, amounts: Floats) -> Floats:
    return deviances(np.exp(np.clip(margins, -_FAR, _FAR)), amounts)


def _gamma_losses(margins: Floats, amounts: Floats) -> Floats:
    """The gamma deviance. Source: McCullagh, Nelder (1989), Generalized linear models, 8.3."""
    found: Floats = 2.0 * (amounts * np.exp(-np.clip(margins, -_FAR, _FAR)) - 1.0 - np.log(amounts) + margins)
    return found


OBJECTIVES = {
    one.name: one
    for one in (
        Objective("binary", "binary_logloss", "log-loss", _everybody, _labels, log_losses, fit_logistic),
        Objective("tweedie", "tweedie", "deviance", _everybody, _amounts, _log_mean_losses, fit_log_mean),
        Objective("gamma", "gamma", "deviance", _payers, _amounts, _gamma_losses, fit_log_mean),
    )
}
"""By name: a chance, an amount that may be nothing, and the amount of those who have one."""
