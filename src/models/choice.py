"""Whether the model or the rule is published: by all rows that lay ahead of what scored them, the test among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .bootstrap import DRAWS, Interval, Resampling
from .candidate import Candidate, Ground, Index
from .metrics import Measure, Ranking
from .spec import TrainingSpec

__all__ = ["Choice", "choose"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """Which of two is published, and by how much the model gains on the `rule` that ranked best before the test.

    Gains are relative, in average precision, 0.1 for a tenth: on the forward `folds`, on the `test`, and `together`.
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
    labels, users = ground.dataset.labels[rows], ground.dataset.users[rows]
    stretches = list(_stretches(model, len(rows)))
    found = [[_ranked(one, at, labels) for one in (model, rule)] for at in stretches]
    draws = Resampling(users, min(DRAWS, spec.bootstraps), spec.seed)
    values = np.array([_precisions(found, stretches, labels, drawn) for drawn in draws.weights()])
    points = _precisions(found, stretches, labels, np.ones(len(rows)))
    return Choice(
        rule.name,
        folds=_gain(points[:-1], values[:, :-1]),
        test=_gain(points[-1:], values[:, -1:]),
        together=_gain(points, values),
        is_proven=ground.split.is_proven,
    )


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


def _gain(points: Floats, draws: Floats) -> Interval:
    """Of the model over the rule, where stretches are added up: `points` (n, 2), `draws` (n_draws, n, 2)."""
    model, rule = points.sum(axis=0)
    sums = draws.sum(axis=1)
    defined = sums[sums[:, 1] > 0]
    low, high = np.percentile(defined[:, 0] / defined[:, 1] - 1.0, (2.5, 97.5)) if len(defined) else (np.nan, np.nan)
    return Interval(float(model / rule - 1.0), float(low), float(high))


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value
