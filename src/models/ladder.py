"""How ambitious a model may be, given how many people it can learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

__all__ = ["Evidence", "Form", "Recipe", "SpaceName", "evidence_of", "recipe_for"]

Form = Literal["rule", "linear", "forest"]
SpaceName = Literal["none", "linear", "shallow", "wide"]


@dataclass(frozen=True)
class Evidence:
    """Distinct users with the outcome and without it, in the training rows."""

    positive_users: int
    negative_users: int

    @property
    def rarer(self) -> int:
        """How many people the rarer outcome happened to: what there is to learn from."""
        return min(self.positive_users, self.negative_users)


@dataclass(frozen=True)
class Recipe:
    """A form of model, the space its settings are searched in, and the sentence that says why."""

    form: Form
    space: SpaceName
    sentence: str


@dataclass(frozen=True)
class _Rung:
    below: float
    recipe: Recipe

    @classmethod
    def of(cls, below: float, form: Form, space: SpaceName, sentence: str) -> Self:
        return cls(below, Recipe(form, space, sentence))


_LADDER = (
    _Rung.of(30, "rule", "none", "too few people to learn from: rules only"),
    _Rung.of(100, "linear", "linear", "few people: a regularised logistic regression"),
    _Rung.of(1_000, "forest", "shallow", "some hundred people: shallow trees, strongly regularised"),
    _Rung.of(float("inf"), "forest", "wide", "enough people: gradient boosting, searched widely"),
)


def recipe_for(evidence: Evidence) -> Recipe:
    """The recipe of the first rung whose limit the evidence does not reach.

    Small data is answered with a simpler recipe and never refused; imbalance is no reason for
    anything: nothing is resampled or reweighted.

    >>> recipe_for(Evidence(positive_users=29, negative_users=5_000)).form
    'rule'
    >>> recipe_for(Evidence(positive_users=5_000, negative_users=99)).form
    'linear'
    """
    return next(rung.recipe for rung in _LADDER if evidence.rarer < rung.below)


def evidence_of(users: npt.NDArray[np.object_], labels: npt.NDArray[np.int8]) -> Evidence:
    """The evidence in rows; both arguments `(n_rows,)`.

    >>> evidence_of(np.array(["a", "a", "b"], object), np.array([1, 0, 0], np.int8))
    Evidence(positive_users=1, negative_users=2)
    """
    return Evidence(len(set(users[labels == 1])), len(set(users[labels == 0])))
