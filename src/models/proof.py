"""What the test showed of a published recipe, kept with the bundle so that pages can say it in words and curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .candidate import Candidate
from .judge import Judgement
from .metrics import Ranking
from .plots import Contributions

if TYPE_CHECKING:
    from ..features.plan import Plan

__all__ = ["drivers_of", "proof_of"]

Floats = npt.NDArray[np.float64]

_STEPS = 100
_DRIVERS = 8
_CLEAR = 0.2
"""The rank correlation from which on a driver is said to pull one way."""


def proof_of(
    published: Candidate, judgement: Judgement, labels: npt.NDArray[np.int8], sample: Contributions, plan: Plan
) -> dict[str, Any]:
    """The test as JSON holds it: who was in it, the outcomes among the best ranked, whether chances came true, drivers.

    `reached` holds the outcomes down to each whole percent of the rank, 101 numbers from 0 on; rows of one score count
    in proportion. `drivers` are the strongest signals, their parts of all that moved the score adding up to at most 1.

    Args:
        labels: of the test rows, `(n_test,)`.
        plan: of the features that the sample is about.
    """
    reached, positive = Ranking.of(published.margins, labels).curve(np.ones(len(labels)))
    steps = np.interp(np.linspace(0.0, reached[-1], _STEPS + 1), reached, positive)
    return {
        "test": asdict(judgement.test),
        "reached": [round(float(hits), 2) for hits in steps],
        "reliability": [asdict(one) for one in judgement.reliability[published.name]],
        "calibration_error": asdict(judgement.calibration_error[published.name]),
        "drivers": list(drivers_of(sample, plan)),
    }


def drivers_of(sample: Contributions, plan: Plan) -> Iterator[dict[str, Any]]:
    """Signals by their strength; the feature of each that pulls hardest speaks for it."""
    strength = np.abs(sample.values).mean(axis=0)
    groups: dict[str, list[int]] = {}
    for at, group in enumerate(sample.groups):
        groups.setdefault(group, []).append(at)
    ranked = sorted(groups.values(), key=lambda members: -strength[members].sum())
    for members in ranked[:_DRIVERS]:
        first = max(members, key=lambda at: strength[at])
        if strength[first] > 0:
            feature = plan.features[first]
            yield {
                "feature": feature.name,
                "share": float(strength[members].sum() / strength.sum()),
                "pull": _pull(sample.inputs[:, first].astype(np.float64), sample.values[:, first]),
                "en": feature.sentence("en"),
                "zh": feature.sentence("zh"),
            }


def _pull(values: Floats, contributions: Floats) -> str:
    """Whether more of it `raises` or `lowers` the score, or is `mixed`: by rank correlation.

    Source: Spearman (1904), The proof and measurement of association between two things.
    """
    known = ~np.isnan(values)
    first, second = (
        np.unique(one[known], return_inverse=True)[1].astype(np.float64) for one in (values, contributions)
    )
    if any(len(one) < 2 or one.min() == one.max() for one in (first, second)):
        return "mixed"
    together = float(np.corrcoef(first, second)[0, 1])
    return "mixed" if abs(together) < _CLEAR else "raises" if together > 0 else "lowers"
