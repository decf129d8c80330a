"""What the test says of amounts: one reading, the same rows and draws for the model and every rule beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..bootstrap import DRAWS, Interval, Resampling, intervals, paired_saving
from ..candidate import Ground
from ..choice import Choice
from ..grade import DEVIANCE, grade
from ..judge import Reading, dated, period_of
from ..metrics import periods_of
from ..spec import TrainingSpec
from .estimate import Estimate, amounts_of
from .measures import OF_BANDS, OF_COUNTING, OF_RANKING, VALUE_MEASURES

__all__ = ["Group", "ValueJudgement", "groups_of", "judge_amounts"]

Floats = npt.NDArray[np.float64]

_GROUPS = 10
_BOUNDS = dict(zip(OF_BANDS, ("low", "median", "high"), strict=True))


@dataclass(frozen=True)
class Group:
    """Rows of similar expectation, as a tenth of the test: the mean that was expected and the one that came, with its
    interval over users, and the mean bounds.
    """

    rows: int
    expected: float
    came: Interval
    low: float
    high: float

    def as_dict(self) -> dict[str, Any]:
        """The group as JSON holds it."""
        return {**asdict(self), "came": self.came._asdict()}


@dataclass(frozen=True)
class ValueJudgement(Reading):
    """What the test said of the model and the rules.

    `gain` is the part of the deviance that the model saves of the rule with least of it. `expected` and `came` are
    totals of the test, the first by the model, `base` the deviance if everybody were given the mean.
    """

    expected: float
    came: float
    base: float
    by_cutoff: Mapping[str, list[dict[str, Any]]]
    groups: Mapping[str, tuple[Group, ...]]
    bootstraps: int

    def as_dict(self) -> dict[str, Any]:
        """The judgement as JSON holds it."""
        return {
            **super().as_dict(),
            "totals": {"expected": self.expected, "came": self.came},
            "base": {"deviance": self.base},
            "by_cutoff": {name: [dated(row) for row in rows] for name, rows in self.by_cutoff.items()},
            "groups": {name: [one.as_dict() for one in found] for name, found in self.groups.items()},
            "bootstraps": self.bootstraps,
        }


def judge_amounts(
    model: Estimate, rules: Mapping[str, Estimate], choice: Choice, ground: Ground, spec: TrainingSpec
) -> ValueJudgement:
    """The judgement of the model and the rules on the test, which is read here and nowhere else.

    Args:
        choice: whether the model or a rule is published, which the grade has to agree with.
    """
    dataset, test = ground.dataset, ground.split.test
    amounts, systems = amounts_of(ground, test), {**rules, model.name: model}
    resampling = Resampling(dataset.users[test], spec.bootstraps, spec.seed)
    gain = paired_saving(model.expected, {name: one.expected for name, one in rules.items()}, amounts, resampling)
    period = period_of(ground, test)
    mean = np.full(len(test), amounts.mean())
    return ValueJudgement(
        model=model.name,
        train=period_of(ground, ground.split.train),
        test=period,
        measures=_measured(model, systems, amounts, resampling),
        gain=gain,
        grade=grade(gain, period.positives, choice, DEVIANCE),
        expected=float(model.expected.sum()),
        came=float(amounts.sum()),
        base=VALUE_MEASURES["deviance"](mean, amounts)(np.ones(len(test))),
        by_cutoff={name: _by_cutoff(one, amounts, dataset.cutoffs[test]) for name, one in systems.items()},
        groups={name: groups_of(one, ground, spec) for name, one in systems.items()},
        bootstraps=spec.bootstraps,
    )


def groups_of(estimate: Estimate, ground: Ground, spec: TrainingSpec) -> tuple[Group, ...]:
    """Tenths of the test, from the least that was expected up; rows of one score stay together."""
    test, scores = ground.split.test, estimate.margins
    amounts, order = amounts_of(ground, test), np.argsort(scores, kind="stable")
    ranked = scores[order]
    firsts = ranked[np.arange(_GROUPS) * len(ranked) // _GROUPS]
    starts = np.unique(np.searchsorted(ranked, firsts, side="left"))
    draws = Resampling(ground.dataset.users[test], min(DRAWS, spec.bootstraps), spec.seed)
    drawn = np.array([_means(amounts[order], weights[order], starts) for weights in draws.weights()])
    lows, highs = np.nanquantile(drawn, (0.025, 0.975), axis=0).tolist()
    pieces = np.split(order, starts[1:])
    return tuple(
        Group(
            len(rows),
            float(estimate.expected[rows].mean()),
            Interval(float(amounts[rows].mean()), low, high),
            *(float(estimate.told[name][rows].mean()) for name in ("low", "high")),
        )
        for rows, low, high in zip(pieces, lows, highs, strict=True)
    )


def _measured(
    model: Estimate, systems: Mapping[str, Estimate], amounts: Floats, resampling: Resampling
) -> dict[str, dict[str, Interval]]:
    """All measures of each system, the model first."""
    found: dict[str, dict[str, Interval]] = {name: {} for name in (model.name, *systems)}
    asked: list[tuple[dict[str, Floats], tuple[str, ...]]] = [
        ({name: one.margins for name, one in systems.items()}, OF_RANKING),
        ({name: one.expected for name, one in systems.items()}, OF_COUNTING),
        *(({name: one.told[bound] for name, one in systems.items()}, (measure,)) for measure, bound in _BOUNDS.items()),
    ]
    for values, measures in asked:
        for name, measured in intervals(values, amounts, measures, resampling).items():
            found[name] |= measured
    return found


def _by_cutoff(estimate: Estimate, amounts: Floats, cutoffs: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """How the rows of each cutoff were judged, oldest first; a measure that is undefined is None."""
    rows = []
    for at in periods_of(cutoffs):
        weights, came = np.ones(len(at)), amounts[at]
        values = {**dict.fromkeys(OF_RANKING, estimate.margins), **dict.fromkeys(OF_COUNTING, estimate.expected)}
        measured = {name: VALUE_MEASURES[name](value[at], came)(weights) for name, value in values.items()}
        rows.append(
            {
                "cutoff": int(cutoffs[at].min()),
                "last": int(cutoffs[at].max()),
                "rows": len(at),
                "positives": int((came > 0).sum()),
                "mean_amount": float(came.mean()),
                "mean_expected": float(estimate.expected[at].mean()),
                **{name: None if np.isnan(value) else value for name, value in measured.items()},
            }
        )
    return rows


def _means(amounts: Floats, weights: Floats, starts: npt.NDArray[np.intp]) -> Floats:
    rows = np.add.reduceat(weights, starts)
    sums = np.add.reduceat(weights * amounts, starts)
    return np.where(rows > 0, sums / np.maximum(rows, 1.0), np.nan)
