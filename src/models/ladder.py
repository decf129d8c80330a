"""How ambitious a model may be, given how many people it can learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

__all__ = ["LADDER", "Evidence", "Form", "Recipe", "Rung", "SpaceName", "evidence_of", "recipe_for", "rung_above"]

Form = Literal["rule", "linear", "forest", "two_stage", "bgnbd", "mean"]
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
    """A form of model, the space its settings are searched in, and the sentence that says why, in two languages."""

    form: Form
    space: SpaceName
    sentence: str
    sentence_zh: str


@dataclass(frozen=True)
class Rung:
    """A recipe, and with how many people it begins."""

    people: int
    recipe: Recipe

    @classmethod
    def of(cls, people: int, form: Form, space: SpaceName, *sentences: str) -> Self:
        """The rung of a recipe, said in English and in Chinese."""
        return cls(people, Recipe(form, space, *sentences))


LADDER = (
    Rung.of(0, "rule", "none", "too few people to learn from: rules only", "人数太少，只用规则"),
    Rung.of(30, "linear", "linear", "few people: a regularised logistic regression", "人数较少：正则化逻辑回归"),
    Rung.of(
        100,
        "forest",
        "shallow",
        "some hundred people: shallow trees, strongly regularised",
        "数百人：浅层树，强正则化",
    ),
    Rung.of(
        1_000,
        "forest",
        "wide",
        "enough people: gradient boosting, searched widely",
        "人数充足：梯度提升树，充分调参",
    ),
)
"""All recipes, from the most modest to the most ambitious: the one table of what small data is answered with."""


def recipe_for(evidence: Evidence) -> Recipe:
    """The recipe of the highest rung that the evidence reaches.

    Small data is answered with a simpler recipe and never refused; imbalance is no reason for
    anything: nothing is resampled or reweighted.

    >>> recipe_for(Evidence(positive_users=29, negative_users=5_000)).form
    'rule'
    >>> recipe_for(Evidence(positive_users=5_000, negative_users=99)).form
    'linear'
    """
    return next(rung.recipe for rung in reversed(LADDER) if evidence.rarer >= rung.people)


def rung_above(evidence: Evidence) -> Rung | None:
    """The first rung that the evidence does not reach, or None at the top of the ladder.

    >>> rung_above(Evidence(positive_users=40, negative_users=5_000)).people
    100
    """
    return next((rung for rung in LADDER if evidence.rarer < rung.people), None)


def evidence_of(users: npt.NDArray[np.object_], labels: npt.NDArray[np.int8]) -> Evidence:
    """The evidence in rows; both arguments `(n_rows,)`.

    >>> evidence_of(np.array(["a", "a", "b"], object), np.array([1, 0, 0], np.int8))
    Evidence(positive_users=1, negative_users=2)
    """
    return Evidence(len(set(users[labels == 1])), len(set(users[labels == 0])))
