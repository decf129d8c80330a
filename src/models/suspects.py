"""The columns that a published model reads, as the alarms want to see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .alarms import Alarm, Kind, Outcomes, Suspect, alarms_of
from .candidate import Candidate, Ground
from .fit import Fitting
from .judge import Judgement
from .plots import Contributions

if TYPE_CHECKING:
    from ..features.plan import Feature, Plan

__all__ = ["alarms_about", "suspects_in"]


def alarms_about(
    published: Candidate, rule: Candidate, ground: Ground, judgement: Judgement, sample: Contributions
) -> tuple[Alarm, ...]:
    """Every alarm about what would be published.

    Args:
        rule: the best rule, from whose chances a value that always comes with the outcome must stand out.
        sample: what moved the scores of some test rows.
    """
    measures = judgement.measures[published.name]
    ratio = measures["mean_ratio"]
    suspects = suspects_in(published.fitting, ground, sample)
    outcomes = Outcomes(ground.dataset.labels, ground.dataset.cutoffs, _expected(rule, ground))
    return alarms_of(measures["auc"].value, (ratio.low, ratio.high), suspects, outcomes)


def suspects_in(fitting: Fitting, ground: Ground, sample: Contributions) -> list[Suspect]:
    """The columns that the recipe reads, with their part of what moved the scores of the sample."""
    return list(_suspects(fitting, ground, sample))


def _expected(rule: Candidate, ground: Ground) -> npt.NDArray[np.float64]:
    """The rule's chance of each row, `(n_rows,)`; NaN of those it was fitted on only."""
    chances = np.full(len(ground.dataset), np.nan)
    rows = rule.forward.rows
    chances[rows] = rule.calibration.probability(rule.forward.margins, ground.dataset.cutoffs[rows])
    chances[ground.split.test] = rule.chances
    return chances


def _suspects(fitting: Fitting, ground: Ground, sample: Contributions) -> Iterator[Suspect]:
    strength = np.abs(sample.values).mean(axis=0)
    shares = strength / (strength.sum() or 1.0)
    vectors = ground.table(fitting).vectors
    plan = ground.plan(fitting)
    quickest = _quickest(plan)
    for feature, share, column in zip(plan.features, shares.tolist(), vectors.T, strict=True):
        codes = column if feature.is_category else _marks(column)
        signal = feature.source if feature.windows[:1] == quickest.get(feature.source) else ""
        yield Suspect(feature.name, _kind(feature, plan), share, codes, signal)
        if feature.aggregate == "days_since_last" and fitting.source == "features":
            yield Suspect(f"{feature.name} below that of the target", "history", 0.0, _newer(column, ground))


def _quickest(plan: Plan) -> dict[str, tuple[int, ...]]:
    """The shortest window of each signal: where it shows first that nothing comes any more."""
    windows: dict[str, tuple[int, ...]] = {}
    for feature in plan.features:
        if feature.role == "history" and feature.windows:
            windows[feature.source] = min(feature.windows[:1], windows.get(feature.source, feature.windows[:1]))
    return windows


def _marks(column: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """0 for nothing, 1 for anything else, NaN where missing."""
    return np.where(np.isnan(column), np.nan, column != 0).astype(np.float32)


def _newer(column: npt.NDArray[np.float32], ground: Ground) -> npt.NDArray[np.float32]:
    """1 where a signal is newer than the target's last event, as when it is stamped before what it follows."""
    names = [feature.aggregate for feature in ground.dataset.baseline_plan.features]
    target = ground.dataset.baseline_vectors[:, names.index("days_since_last")]
    return (column < target).astype(np.float32)


def _kind(feature: Feature, plan: Plan) -> Kind:
    if feature.role == "attribute" and not plan.attributes[feature.source].is_dated:
        return "undated"
    return feature.role
