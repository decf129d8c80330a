"""What settings are searched among, and those that are known to do well, which a search begins with."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ladder import SpaceName

if TYPE_CHECKING:
    import optuna

    from .fit import Parameters

__all__ = ["SPACES", "Space"]


@dataclass(frozen=True)
class Space:
    """How a trial draws settings, and what is `known` to do well on most tags, best guess first."""

    draw: Callable[[optuna.trial.BaseTrial], Parameters]
    known: tuple[Parameters, ...]

    @property
    def ranges(self) -> str:
        """All of it as text: other ranges are another search."""
        return f"{inspect.getsource(self.draw)}{self.known}"


def _linear(trial: optuna.trial.BaseTrial) -> Parameters:
    return {
        "strength": trial.suggest_float("strength", 1e-3, 10.0, log=True),
        "is_log": trial.suggest_categorical("is_log", [True, False]),
    }


def _shallow(trial: optuna.trial.BaseTrial) -> Parameters:
    return {
        "learning_rate": 0.1,
        "max_depth": trial.suggest_int("max_depth", 2, 6),
        "num_leaves": trial.suggest_int("num_leaves", 3, 32, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 200, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 1.0, 100.0, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.3, 0.9),
        "extra_trees": trial.suggest_categorical("extra_trees", [True, False]),
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "cat_smooth": 50.0,
    }


def _wide(trial: optuna.trial.BaseTrial) -> Parameters:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.05, 0.15, log=True),
        "max_depth": trial.suggest_int("max_depth", 3, 8),
        "num_leaves": trial.suggest_int("num_leaves", 6, 64, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 500, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.3, 1.0),
        "extra_trees": trial.suggest_categorical("extra_trees", [True, False]),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
        "bagging_freq": 1,
        "cat_smooth": trial.suggest_float("cat_smooth", 5.0, 100.0, log=True),
    }


_USUAL: Parameters = {"learning_rate": 0.1, "lambda_l2": 10.0, "bagging_fraction": 0.7, "cat_smooth": 50.0}
_AT_RANDOM: Parameters = {
    **_USUAL, "num_leaves": 32, "min_data_in_leaf": 50, "feature_fraction": 0.7, "extra_trees": True,
}  # fmt: skip
_SMALLER_AT_RANDOM: Parameters = {**_AT_RANDOM, "max_depth": 4, "num_leaves": 16}
_SMALL: Parameters = {
    **_USUAL, "max_depth": 3, "num_leaves": 8, "min_data_in_leaf": 50, "feature_fraction": 0.5, "extra_trees": False,
}  # fmt: skip

SPACES: dict[SpaceName, Space] = {
    "linear": Space(_linear, ({"strength": 1.0, "is_log": True},)),
    "shallow": Space(_shallow, ({**_AT_RANDOM, "max_depth": 6}, _SMALLER_AT_RANDOM, _SMALL)),
    "wide": Space(_wide, ({**_AT_RANDOM, "max_depth": 8}, _SMALLER_AT_RANDOM, _SMALL)),
}
"""By the name that the ladder gives them. The known settings are those of decision 0023."""
