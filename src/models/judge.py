"""What the test says: one reading, the same rows and the same draws for the model and every rule beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..timeline import shown
from .bootstrap import DRAWS, Gain, Interval, Resampling, intervals, paired_gain
from .candidate import Candidate, Ground, Index
from .choice import Choice
from .grade import Grade, grade
from .metrics import by_cutoff, evaluate, gains_table
from .reliability import CalibrationError, ReliabilityBin, calibration_error, reliability_table
from .spec import TrainingSpec

__all__ = ["Judgement", "Period", "Reading", "dated", "judge", "period_of"]

_OF_RANKING = ("average_precision", "auc", "lift_10")
_OF_CHANCES = ("log_loss", "brier", "mean_ratio")


@dataclass(frozen=True)
class Period:
    """Rows of a stretch of time, from the `first` cutoff to the `last`, and how many had the outcome."""

    rows: int
    users: int
    positives: int
    positive_users: int
    first: str
    last: str

    @property
    def rate(self) -> float:
        """The part of rows with the outcome."""
        return self.positives / self.rows


@dataclass(frozen=True)
class Reading:
    """What a reading of the test says of each system, by name, whether chances or amounts were learned.

    `measures` holds values with their intervals over users, `gain` is the model's over the best of the others.
    """

    model: str
    train: Period
    test: Period
    measures: Mapping[str, Mapping[str, Interval]]
    gain: Gain
    grade: Grade

    def as_dict(self) -> dict[str, Any]:
        """The reading as JSON holds it."""
        return {
            "model": self.model,
            "grade": asdict(self.grade),
            "gain": {"rule": self.gain.rule, **self.gain.interval._asdict()},
            "train": asdict(self.train),
            "test": asdict(self.test),
            "measures": {
                name: {measure: interval._asdict() for measure, interval in found.items()}
                for name, found in self.measures.items()
            },
        }


@dataclass(frozen=True)
class Judgement(Reading):
    """What the test said of the model and the baselines.

    `gain` is over the baseline that ranks best on the test, `base` what the test's rate alone would have as chance of
    every row.
    """

    base: Mapping[str, float]
    by_cutoff: Mapping[str, Sequence[Mapping[str, Any]]]
    gains: Mapping[str, Sequence[Mapping[str, float]]]
    reliability: Mapping[str, Sequence[ReliabilityBin]]
    calibration_error: Mapping[str, CalibrationError]
    bootstraps: int

    def as_dict(self) -> dict[str, Any]:
        """The judgement as JSON holds it."""
        return {
            **super().as_dict(),
            "base": dict(self.base),
            "by_cutoff": {name: [dated(row) for row in rows] for name, rows in self.by_cutoff.items()},
            "gains": {name: list(rows) for name, rows in self.gains.items()},
            "reliability": {name: [asdict(one) for one in bins] for name, bins in self.reliability.items()},
            "calibration_error": {name: asdict(found) for name, found in self.calibration_error.items()},
            "bootstraps": self.bootstraps,
        }


def judge(
    model: Candidate, baselines: Mapping[str, Candidate], choice: Choice, ground: Ground, spec: TrainingSpec
) -> Judgement:
    """The judgement of the model and its baselines on the test.

    Args:
        choice: whether the model or a rule is published, which the grade has to agree with.
    """
    dataset, test = ground.dataset, ground.split.test
    labels = dataset.labels[test]
    systems = {**baselines, model.name: model}
    resampling = Resampling(dataset.users[test], spec.bootstraps, spec.seed)
    ranked = intervals({name: one.margins for name, one in systems.items()}, labels, _OF_RANKING, resampling)
    counted = intervals({name: one.chances for name, one in systems.items()}, labels, _OF_CHANCES, resampling)
    gain = paired_gain(model.margins, {name: one.margins for name, one in baselines.items()}, labels, resampling)
    period = period_of(ground, test)
    fewer = Resampling(dataset.users[test], min(DRAWS, spec.bootstraps), spec.seed)
    return Judgement(
        model=model.name,
        train=period_of(ground, ground.split.train),
        test=period,
        measures={name: {**ranked[name], **counted[name]} for name in (model.name, *baselines)},
        gain=gain,
        grade=grade(gain, period.positives, choice),
        base=_base(model, labels),
        by_cutoff={
            name: by_cutoff(one.margins, one.chances, labels, dataset.cutoffs[test]) for name, one in systems.items()
        },
        gains={name: gains_table(one.margins, labels) for name, one in systems.items()},
        reliability={name: reliability_table(one.chances, labels, fewer.weights()) for name, one in systems.items()},
        calibration_error={
            name: calibration_error(one.chances, labels, fewer.weights()) for name, one in systems.items()
        },
        bootstraps=spec.bootstraps,
    )


def _base(model: Candidate, labels: npt.NDArray[np.int8]) -> dict[str, float]:
    found = evaluate(model.margins, model.chances, labels)
    return {"rate": found["base_rate"], "log_loss": found["base_log_loss"], "brier": found["base_brier"]}


def dated(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its first and last cutoff as Limner writes instants."""
    return {**row, "cutoff": shown(row["cutoff"]), "last": shown(row["last"])}


def period_of(ground: Ground, rows: Index) -> Period:
    """How many rows, users and outcomes there are, and from when to when."""
    dataset = ground.dataset
    users, positives = dataset.users[rows], dataset.labels[rows] == 1
    first, last = (shown(int(bound)) for bound in (np.min(dataset.cutoffs[rows]), np.max(dataset.cutoffs[rows])))
    return Period(len(rows), len(set(users)), int(positives.sum()), len(set(users[positives])), first, last)
