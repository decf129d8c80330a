"""What models are fitted to: whether something comes, or how much, with the loss that each of them makes small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import RefusedError
from .logistic import fit_intercept, fit_logistic, log_losses
from .loglinear import fit_log_mean
from .table import Table

__all__ = ["JUDGING_POWER", "OBJECTIVES", "Objective", "deviances"]

Floats = npt.NDArray[np.float64]

JUDGING_POWER = 1.5
"""Of the Tweedie deviance that judges amounts, whatever power trees were grown with."""
_FAR = 700.0
"""A margin beyond which the exponential leaves the range of doubles."""
_NEAR = 1e-15
"""How near to none and to all a chance is told."""


@dataclass(frozen=True)
class Objective:
    """A target, by LightGBM's name for it, and its loss, by that of people.

    `rows` are those of a table that are learned from, `targets` (n_rows,) what is learned, `losses` (n_rows,) those of
    margins and targets, `shift` what all margins lack together, `margins` (n_rows,) those of what LightGBM tells, and
    `solve` the weights of a regression with design, targets and ridge.
    """

    name: str
    loss: str
    rows: Callable[[Table], Table]
    targets: Callable[[Table], Floats]
    losses: Callable[[Floats, Floats], Floats]
    shift: Callable[[Floats, Floats], float]
    margins: Callable[[Floats], Floats]
    solve: Callable[[Floats, Floats, Floats], Floats]

    def loss_of(self, margins: Floats, targets: Floats) -> float:
        """The mean loss of margins after the one shift that makes it least: levels are the calibration's business.

        Where the level of a later period is another, settings would else be preferred for telling less.
        """
        return float(self.losses(margins + self.shift(margins, targets), targets).mean())


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


def _log_odds(chances: Floats) -> Floats:
    """Those of chances; of none and of all what LightGBM cannot tell apart from them."""
    inside = np.clip(chances, _NEAR, 1.0 - _NEAR)
    found: Floats = np.log(inside / (1.0 - inside))
    return found


def _log(expected: Floats) -> Floats:
    found: Floats = np.log(np.maximum(expected, np.exp(-_FAR)))
    return found


def _log_mean_losses(margins: Floats, amounts: Floats) -> Floats:
    return deviances(np.exp(np.clip(margins, -_FAR, _FAR)), amounts)


def _log_mean_shift(margins: Floats, amounts: Floats) -> float:
    """Where the deviance that judges is least: its derivative, solved."""
    told = np.clip(margins, -_FAR, _FAR)
    came = amounts @ np.exp(told * (1.0 - JUDGING_POWER))
    return float(np.log(came / np.exp(told * (2.0 - JUDGING_POWER)).sum()))


def _gamma_shift(margins: Floats, amounts: Floats) -> float:
    return float(np.log((amounts * np.exp(-np.clip(margins, -_FAR, _FAR))).mean()))


def _gamma_losses(margins: Floats, amounts: Floats) -> Floats:
    """The gamma deviance. Source: McCullagh, Nelder (1989), Generalized linear models, 8.3."""
    found: Floats = 2.0 * (amounts * np.exp(-np.clip(margins, -_FAR, _FAR)) - 1.0 - np.log(amounts) + margins)
    return found


OBJECTIVES = {
    one.name: one
    for one in (
        Objective("binary", "log-loss", _everybody, _labels, log_losses, fit_intercept, _log_odds, fit_logistic),
        Objective("tweedie", "deviance", _everybody, _amounts, _log_mean_losses, _log_mean_shift, _log, fit_log_mean),
        Objective("gamma", "deviance", _payers, _amounts, _gamma_losses, _gamma_shift, _log, fit_log_mean),
    )
}
"""By name: a chance, an amount that may be nothing, and the amount of those who have one."""
