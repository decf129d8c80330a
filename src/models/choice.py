"""Whether the model or the rule is published: by all rows that lay ahead of what scored them, the test among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .bootstrap import DRAWS, Interval, Resampling
from .candidate import Candidate, Forward, Ground, Index
from .metrics import Measure, Ranking
from .spec import TrainingSpec

__all__ = ["Choice", "choice_by", "choose"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """Which of two is published, and by how much the model gains on the `rule` that was best before the test.

    Gains are relative, 0.1 for a tenth: more average precision of chances, deviance that is saved of amounts. They are
    of the forward `folds`, of the `test`, and of both `together`.
    """

    rule: str
    folds: Interval
    test: Interval
    together: Interval
    is_proven: bool

    @property
    def is_model(self) -> bool:
        """Whether the model is published: ahead in all, and not clearly behind on the test.

        A test too small to tell decides nothing by itself: the model must then be ahead on the folds alone, too.
        """
        is_confirmed = self.test.high >= 0 if self.is_proven else self.folds.value > 0
        return self.together.value > 0 and is_confirmed

    def as_dict(self) -> dict[str, Any]:
        """The choice as JSON holds it."""
        parts = {name: getattr(self, name) for name in ("folds", "test", "together")}
        gains = {name: dict(zip(one._fields, map(_defined, one), strict=True)) for name, one in parts.items()}
        return {"rule": self.rule, "is_model": self.is_model, **gains}


def choose(model: Candidate, rule: Candidate, ground: Ground, spec: TrainingSpec) -> Choice:
    """The choice between a model and a rule, both fixed before the test was read.

    Average precision is measured in each forward fold and in the test, and averaged by the outcomes in them; so no
    fold's level of scores is held against another's. Users are drawn together, and the same for both.
    """
    rows = np.concatenate([model.forward.rows, ground.split.test])
    labels = ground.dataset.labels[rows]
    stretches = list(_stretches(model, len(rows)))
    found = [[_ranked(one, at, labels) for one in (model, rule)] for at in stretches]
    return choice_by(
        lambda weights: _precisions(found, stretches, labels, weights), _more, rule.name, model.forward, ground, spec
    )


def choice_by(
    told: Callable[[Floats], Floats],
    gain: Callable[[Floats, Floats], Floats],
    rule: str,
    forward: Forward,
    ground: Ground,
    spec: TrainingSpec,
) -> Choice:
    """The choice by what adds up over stretches of rows.

    Args:
        told: given the weights of the forward rows and then the test's, `(n_rows,)`, what the model and the rule have
            in each stretch, `(n_stretches, 2)`, the test last.
        gain: how much the model gains where it has the first and the rule the second.
    """
    rows = np.concatenate([forward.rows, ground.split.test])
    draws = Resampling(ground.dataset.users[rows], min(DRAWS, spec.bootstraps), spec.seed)
    values = np.array([told(drawn) for drawn in draws.weights()])
    points = told(np.ones(len(rows)))
    parts = {"folds": slice(None, -1), "test": slice(-1, None), "together": slice(None)}
    gains = {name: _gained(points[part], values[:, part], gain) for name, part in parts.items()}
    return Choice(rule, **gains, is_proven=ground.split.is_proven)


def _more(model: Floats, rule: Floats) -> Floats:
    return model / rule - 1.0


def _stretches(model: Candidate, n_rows: int) -> Iterator[Index]:
    """Positions among forward rows and then the test's: of each fold, oldest first, and of the test."""
    periods = model.forward.periods
    for start in np.unique(periods):
        yield np.flatnonzero(periods == start)
    yield np.arange(len(periods), n_rows)


def _ranked(one: Candidate, at: Index, labels: npt.NDArray[np.int8]) -> Measure:
    margins = np.concatenate([one.forward.margins, one.margins])
    return Ranking.of(margins[at], labels[at]).measured("average_precision")


def _precisions(
    found: list[list[Measure]], stretches: list[Index], labels: npt.NDArray[np.int8], weights: Floats
) -> Floats:
    """Of each stretch, `(n_stretches, 2)`: its outcomes times the average precision of the model and of the rule."""
    rows = []
    for measures, at in zip(found, stretches, strict=True):
        outcomes = float(weights[at] @ labels[at])
        rows.append([outcomes * measure(weights[at]) if outcomes else 0.0 for measure in measures])
    return np.array(rows)


def _gained(points: Floats, draws: Floats, gain: Callable[[Floats, Floats], Floats]) -> Interval:
    """What the model gains on the rule in all stretches: `points` (n, 2), `draws` (n_draws, n, 2)."""
    sums = draws.sum(axis=1)
    model, rule = sums[sums[:, 1] > 0].T
    low, high = np.percentile(gain(model, rule), (2.5, 97.5)) if len(rule) else (np.nan, np.nan)
    return Interval(float(gain(*points.sum(axis=0))), float(low), float(high))


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value
