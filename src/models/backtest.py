"""How a recipe did at one cutoff after another, each judged by a model of what was known before it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..timeline import shown
from .bootstrap import DRAWS, Interval, Resampling, finite, intervals
from .candidate import Candidate, Ground, Index
from .metrics import periods_of
from .spec import TrainingSpec

__all__ = ["Stretch", "backtest"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """Rows from the cutoff `first` to `last`: of the `test`, or of a forward `fold`, which the search has looked at.

    `chance` is the mean given, None in folds, whose outcomes taught the calibration; a measure that is undefined is
    None too.
    """

    kind: Literal["fold", "test"]
    first: str
    last: str
    rows: int
    positives: int
    chance: float | None
    average_precision: Interval | None
    auc: Interval | None

    @property
    def rate(self) -> float:
        """The part of rows with the outcome."""
        return self.positives / self.rows

    def as_dict(self) -> dict[str, Any]:
        """The stretch as JSON holds it."""
        measured = {name: getattr(self, name) for name in ("average_precision", "auc")}
        return asdict(self) | {name: None if one is None else one._asdict() for name, one in measured.items()}


def backtest(published: Candidate, ground: Ground, spec: TrainingSpec) -> tuple[Stretch, ...]:
    """The cutoffs of the forward folds and then those of the test, oldest first."""
    cutoffs, forward = ground.dataset.cutoffs, published.forward
    found: list[Stretch] = []
    for start in np.unique(forward.periods):
        inside = np.flatnonzero(forward.periods == start)
        for at in periods_of(cutoffs[forward.rows[inside]]):
            rows = inside[at]
            found.append(_stretch("fold", forward.rows[rows], forward.margins[rows], None, ground, spec))
    test = ground.split.test
    for at in periods_of(cutoffs[test]):
        found.append(_stretch("test", test[at], published.margins[at], published.chances[at], ground, spec))
    return tuple(found)


def _stretch(
    kind: Literal["fold", "test"],
    rows: Index,
    margins: Floats,
    chances: Floats | None,
    ground: Ground,
    spec: TrainingSpec,
) -> Stretch:
    dataset = ground.dataset
    labels, draws = dataset.labels[rows], Resampling(dataset.users[rows], min(DRAWS, spec.bootstraps), spec.seed)
    measured = intervals({"": margins}, labels, ("average_precision", "auc"), draws)[""]
    return Stretch(
        kind,
        shown(int(dataset.cutoffs[rows].min())),
        shown(int(dataset.cutoffs[rows].max())),
        len(rows),
        int(labels.sum()),
        None if chances is None else float(chances.mean()),
        finite(measured["average_precision"]),
        finite(measured["auc"]),
    )
