"""Whether the outcome came as often in the test as before it, and what that did to the chances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .bootstrap import DRAWS, Interval, Resampling
from .candidate import Candidate, Ground
from .logistic import sigmoid
from .metrics import MEASURES
from .spec import TrainingSpec

__all__ = ["Shift", "shift_of"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

_LEAST = 1e-9
_STEPS = 60


@dataclass(frozen=True)
class Shift:
    """The rate `before` the test, of the rows that chances were fitted on, and `after`, in the test.

    `times` is the second over the first, with its interval over users. `expected` is the mean chance in the test.
    `log_loss` is what the chances have there, `log_loss_moved` what they would have if their log-odds were moved
    together until they add up to what happened: how much of the loss the level alone explains, told by hindsight.
    """

    before: float
    after: float
    times: Interval
    expected: float
    log_loss: float
    log_loss_moved: float

    @property
    def has_moved(self) -> bool:
        """Whether the base rate moved by more than chance explains."""
        return not self.times.low <= 1.0 <= self.times.high

    @property
    def sentence(self) -> str:
        """The finding, in words."""
        told = f"The outcome came to {self.before:.1%} of the rows before the test and to {self.after:.1%} in it"
        range_ = f"{self.times.value:.2f} times as often, {self.times.low:.2f} to {self.times.high:.2f}"
        if not self.has_moved:
            return f"{told} ({range_}): the base rate held."
        followed = (
            "followed" if abs(self.expected - self.after) < abs(self.expected - self.before) else "did not follow"
        )
        loss = f"{self.log_loss_moved:.4f} instead of {self.log_loss:.4f}"
        level = (
            f"The chances {followed}, expecting {self.expected:.1%}; at the rate that came, log-loss would be {loss}"
        )
        return f"{told} ({range_}): the base rate moved. {level}. Ranks do not depend on it."

    def as_dict(self) -> dict[str, Any]:
        """The shift as JSON holds it."""
        numbers = {name: getattr(self, name) for name in ("before", "after", "expected", "log_loss", "log_loss_moved")}
        return {**numbers, "times": self.times._asdict(), "has_moved": self.has_moved, "sentence": self.sentence}


def shift_of(published: Candidate, ground: Ground, spec: TrainingSpec) -> Shift:
    """How the base rate moved from the forward folds to the test."""
    dataset, test, before = ground.dataset, ground.split.test, published.forward.rows
    labels, chances = dataset.labels[test], published.chances
    log_loss = MEASURES["log_loss"]
    weights = np.ones(len(test))
    return Shift(
        before=float(dataset.labels[before].mean()),
        after=float(labels.mean()),
        times=_times(before, test, ground, spec),
        expected=float(chances.mean()),
        log_loss=log_loss(chances, labels)(weights),
        log_loss_moved=log_loss(_moved(chances, float(labels.mean())), labels)(weights),
    )


def _times(before: npt.NDArray[np.intp], test: npt.NDArray[np.intp], ground: Ground, spec: TrainingSpec) -> Interval:
    """The rates' ratio; users are drawn together, for the same people stand on both sides."""
    rows = np.concatenate([before, test])
    labels, is_test = ground.dataset.labels[rows], np.arange(len(rows)) >= len(before)
    draws = Resampling(ground.dataset.users[rows], min(DRAWS, spec.bootstraps), spec.seed)
    drawn = [_ratio(labels, weights, is_test) for weights in draws.weights()]
    low, high = np.nanquantile(drawn, (0.025, 0.975)).tolist()
    return Interval(_ratio(labels, np.ones(len(rows)), is_test), low, high)


def _ratio(labels: Labels, weights: Floats, is_test: npt.NDArray[np.bool_]) -> float:
    hits, rows = weights * labels, weights
    before = hits[~is_test].sum() / max(rows[~is_test].sum(), 1.0)
    after = hits[is_test].sum() / max(rows[is_test].sum(), 1.0)
    return float(after / before) if before > 0 else float("nan")


def _moved(chances: Floats, rate: float) -> Floats:
    """The chances with their log-odds moved together until their mean is the rate, found by halving.

    Source: Saerens, Latinne, Decaestecker (2002), Adjusting the outputs of a classifier to new a priori
    probabilities, Neural Computation 14 (the same correction, from the prior alone).
    """
    kept = np.clip(chances, _LEAST, 1.0 - _LEAST)
    margins = np.log(kept / (1.0 - kept))
    low, high = -50.0, 50.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(margins + middle).mean() < rate else (low, middle)
    return sigmoid(margins + low)
