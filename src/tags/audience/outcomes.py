"""What may be expected of an audience: how many of it the outcome of each prediction will happen to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np

from ...engines.duck import quoted
from ...engines.store import Store
from ..declared import Said
from ..declared import title_of as title_of_tag
from ..spec import shown_kinds
from .condition import Condition, compiled
from .declared import Project
from .population import Population, everybody
from .vocabulary import Column, Vocabulary

__all__ = ["MEANING", "Expected", "Sums", "expectation", "expected", "interval", "predictions_of"]

MEANING = Said(
    "The interval covers chance alone: if each outcome comes by itself and the probabilities are right, 95 of 100 such "
    "audiences end inside it. It does not cover that the probabilities may be off, or that outcomes come together.",
    "该区间只反映偶然性：若各用户的结果相互独立且概率准确，100 个这样的人群中有 95 个落在区间内。"
    "它不包含概率本身的偏差，也不包含结果同时发生的情况。",
)
"""What the interval of an expectation says, and what it does not."""

_COVERED = 0.95
_EACH = 4
"""Sums that are taken of a prediction."""
_FEW = 1_000
"""Users up to whom the spread of the sum is computed exactly; of more, it is as good as normal."""


@dataclass(frozen=True)
class Expected:
    """How many of an audience the outcome of a prediction is expected for.

    `users` of the audience have the tag, `mean` is their mean probability and that of everybody who has it
    `mean_of_all`; both are None where nobody has it. `low` to `high` is the interval that `MEANING` explains.
    """

    tag: str
    title: Said
    users: int
    outcomes: float
    low: float
    high: float
    mean: float | None
    mean_of_all: float | None

    def as_dict(self) -> dict[str, Any]:
        """The expectation as JSON holds it."""
        return {**asdict(self), "title": self.title.as_dict()}


@dataclass(frozen=True)
class Sums:
    """What an expectation rests on: how many users of an audience have a prediction, the sum of their probabilities p
    and that of p (1 - p), and the mean probability of everybody."""

    users: int
    outcomes: float
    variance: float
    mean_of_all: float | None


def predictions_of(project: Project) -> list[Column]:
    """The probabilities of all predictions of the project but drafts."""
    vocabulary, kinds = Vocabulary(project.spec), shown_kinds(project.spec.tags)
    return [vocabulary.column(tag, "probability") for tag, kind in kinds.items() if kind == "predictive"]


def expected(project: Project, store: Store, text: str, now: int) -> list[Expected]:
    """What may be expected of the users who match a condition over tags, for each prediction of the project but drafts.

    Raises:
        SpecError: the condition is wrong.
        RefusedError: nobody was scored yet.
    """
    condition, columns = compiled(project, text), predictions_of(project)
    if not columns:
        return []
    with everybody(project, store, now, [condition], columns) as population:
        found = population.rows(f"SELECT {', '.join(map(_sums, columns))} FROM {_matched(condition)}", condition)[0]
        return [
            expectation(
                project,
                column.tag,
                Sums(*found[_EACH * place :][:_EACH]),
                partial(_chances, population, condition, column),
            )
            for place, column in enumerate(columns)
        ]


def expectation(project: Project, tag: str, sums: Sums, chances: Callable[[], Sequence[float]]) -> Expected:
    """What follows from the sums of a prediction over an audience.

    Args:
        chances: gives the probabilities themselves, which are asked for where users are few.
    """
    if sums.users <= _FEW:
        low, high = interval(chances())
    else:
        reach = NormalDist().inv_cdf((1 + _COVERED) / 2) * sums.variance**0.5
        low, high = max(0.0, sums.outcomes - reach), min(sums.users, sums.outcomes + reach)
    title = title_of_tag(tag, project.spec.tags[tag])
    mean = sums.outcomes / sums.users if sums.users else None
    return Expected(tag, title, sums.users, sums.outcomes, float(low), float(high), mean, sums.mean_of_all)


def interval(probabilities: Sequence[float]) -> tuple[int, int]:
    """The fewest and the most outcomes of independent trials, of which each end is overshot once in 40 times at most.

    Their number has the Poisson binomial distribution, which is computed exactly, trial by trial.

    >>> interval([0.5] * 10)
    (2, 8)

    Source: Y. Hong, On computing the distribution function for the Poisson binomial distribution,
    Computational Statistics & Data Analysis 59 (2013), section 2.
    """
    chances = np.ones(1)
    for probability in probabilities:
        chances = np.convolve(chances, [1 - probability, probability])
    reached, tail = np.cumsum(chances), (1 - _COVERED) / 2
    return int(np.searchsorted(reached, tail)), int(np.searchsorted(reached, 1 - tail))


def _matched(condition: Condition) -> str:
    return f"(SELECT *, coalesce({condition.sql}, false) AS matches FROM everybody)"


def _sums(column: Column) -> str:
    p = quoted(column.name)
    inside = [f"coalesce({one} FILTER (matches), 0)" for one in (f"count({p})", f"fsum({p})", f"fsum({p} * (1 - {p}))")]
    return ", ".join([*inside, f"avg({p})"])


def _chances(population: Population, condition: Condition, column: Column) -> list[float]:
    name = quoted(column.name)
    query = f"SELECT {name} FROM everybody WHERE {condition.sql} AND {name} IS NOT NULL"
    return [probability for (probability,) in population.rows(query, condition)]
