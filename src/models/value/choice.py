"""Whether the model or the rule is published where amounts are learned: by all rows that lay ahead, as of chances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..candidate import Ground
from ..choice import Choice, choice_by
from ..spec import TrainingSpec
from .estimate import Estimate, amounts_of
from .measures import losses

__all__ = ["choose_amounts"]

Floats = npt.NDArray[np.float64]


def choose_amounts(model: Estimate, rule: Estimate, ground: Ground, spec: TrainingSpec) -> Choice:
    """The choice between a model and a rule, both fixed before the test was read, by the deviance that is saved."""
    lost = np.column_stack([_lost(one, ground) for one in (model, rule)])
    n_forward = len(model.forward.rows)

    def told(weights: Floats) -> Floats:
        return np.array([weights[:n_forward] @ lost[:n_forward], weights[n_forward:] @ lost[n_forward:]])

    return choice_by(told, _saved, rule.name, model.forward, ground, spec)


def _lost(one: Estimate, ground: Ground) -> Floats:
    """The deviance of each forward row that could be judged, 0 of the others, and of each of the test."""
    amounts = amounts_of(ground, ground.split.test)
    return np.concatenate([np.nan_to_num(one.forward_losses), losses(one.expected, amounts)])


def _saved(model: Floats, rule: Floats) -> Floats:
    return 1.0 - model / rule
