"""How the systems did on the same rows: measures with intervals over users, and what Limner is ahead by, paired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from limner.models.bootstrap import Resampling
from limner.models.metrics import MEASURES, Measure, Ranking
from limner.models.reliability import calibration_error
from limner.models.train import Trained
from limner.models.value.measures import VALUE_MEASURES

from .contest import OWN, Contest, Entry, Learned
from .rivals import Fallen

__all__ = ["DRAWS", "LOW_IS_GOOD", "Figures", "Published", "Row", "Value", "beside_rivals", "calibrated", "judged"]

Floats = npt.NDArray[np.float64]
DRAWS, SEED = 500, 7
TODAY = datetime.now(UTC).date().isoformat()


@dataclass(frozen=True)
class Published:
    """A figure that was known before for a system, and where it comes from."""

    value: float
    source: str


Figures = Mapping[tuple[str, str], Published]
"""By system and metric."""
Value = tuple[float | None, float | None, float | None]
"""A value and its 95 % interval."""
_NONE: Value = (None, None, None)


@dataclass(frozen=True)
class Row:
    """How a system did on a task; `ahead` is by how much Limner did better. What does not apply is None.

    `seconds` are of a processor, from the rows to the scores.
    """

    contest: Contest
    system: str
    metric: str
    found: Value = _NONE
    ahead: Value = _NONE
    published: Published | None = None
    seconds: float | None = None
    about: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON holds it."""
        contest, (value, low, high), ahead = self.contest, map(_short, self.found), map(_short, self.ahead)
        return {
            "dataset": contest.dataset,
            "task": contest.task,
            "system": self.system,
            "metric": self.metric,
            "value": value,
            "low": low,
            "high": high,
            "published": self.published.value if self.published else None,
            "source": self.published.source if self.published else "",
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            **dict(zip(("ahead", "ahead_low", "ahead_high"), ahead, strict=True)),
            "cutoffs": contest.cutoffs,
            "rows": len(contest.outcomes),
            "positives": int((contest.outcomes > 0).sum()),
            "about": self.about,
            "measured": TODAY,
        }


def judged(contest: Contest, entries: Sequence[Entry | Fallen], metrics: Sequence[str], figures: Figures) -> list[Row]:
    """A row for each system and metric; figures of systems that do not run here have rows of their own."""
    return [row for metric in metrics for row in _by_metric(contest, entries, metric, figures)]


def beside_rivals(
    learned: Learned, contest: Contest, rivals: Sequence[Entry | Fallen], metrics: Sequence[str], figures: Figures
) -> list[Row]:
    """How Limner, its baselines and all rivals did, and how far Limner's chances are from perfect ones."""
    rows, trained = judged(contest, [*learned.entries, *rivals], metrics, figures), learned.trained
    return [*rows, calibrated(contest, trained.published.chances)] if isinstance(trained, Trained) else rows


def calibrated(contest: Contest, chances: Floats) -> Row:
    """The error of Limner's chances beyond what perfect ones would show on as many rows."""
    found = calibration_error(chances, contest.outcomes.astype(np.int8))
    ratio = float(chances.mean() / contest.outcomes.mean())
    told = f"error {found.value:.3f}, perfect chances {found.perfect:.3f}; mean chance {ratio:.2f} of the rate"
    return Row(contest, OWN, "calibration_excess", (found.value - found.perfect, None, None), about=told)


def _found(scores: Floats, labels: Any) -> Measure:
    """How many positives are among the best-ranked fifth."""
    ranking = Ranking.of(scores, labels)
    return lambda weights: ranking.curve(weights).gain(0.2) * float(weights @ (labels == 1))


def _squared_error(scores: Floats, labels: Any) -> Measure:
    return lambda weights: float(weights @ (scores - labels) ** 2 / weights.sum())


def _total_off(expected: Floats, amounts: Floats) -> Measure:
    """How far all that was expected lies from all that came, as a part of it."""
    ratio = VALUE_MEASURES["total_ratio"](expected, amounts)
    return lambda weights: abs(ratio(weights) - 1.0)


_MEASURES: Mapping[str, Callable[[Floats, Any], Measure]] = {
    "auc": MEASURES["auc"],
    "average_precision": MEASURES["average_precision"],
    "found_in_top_fifth": _found,
    "mean_squared_error": _squared_error,
    "deviance": VALUE_MEASURES["deviance"],
    "gini": VALUE_MEASURES["gini"],
    "mean_absolute_error": VALUE_MEASURES["mean_absolute_error"],
    "total_off": _total_off,
}
LOW_IS_GOOD = {"mean_squared_error", "deviance", "mean_absolute_error", "total_off"}


def _by_metric(contest: Contest, entries: Sequence[Entry | Fallen], metric: str, figures: Figures) -> list[Row]:
    ran = {one.system: one for one in entries if isinstance(one, Entry)}
    points, draws = _values(contest, list(ran.values()), metric)
    sign, own = -1.0 if metric in LOW_IS_GOOD else 1.0, list(ran).index(OWN)
    rows = []
    for at, (system, one) in enumerate(ran.items()):
        gain = _NONE if at == own else _interval(sign * (points[own] - points[at]), sign * (draws[own] - draws[at]))
        found, figure = _interval(points[at], draws[at]), figures.get((system, metric))
        rows.append(Row(contest, system, metric, found, gain, figure, one.seconds, one.about))
    rows += [Row(contest, one.system, metric, about=one.reason) for one in entries if isinstance(one, Fallen)]
    told = {row.system for row in rows}
    others = [system for system, of in figures if of == metric and system not in told]
    return rows + [Row(contest, system, metric, published=figures[system, metric]) for system in others]


def _values(contest: Contest, entries: Sequence[Entry], metric: str) -> tuple[Floats, Floats]:
    """Each system's value on the rows as they are, `(n_systems,)`, and on each draw of users, `(n_systems, n)`."""
    labels = contest.outcomes
    measures = [_MEASURES[metric](np.asarray(one.scores, np.float64), labels) for one in entries]
    draws = [[measure(weights) for measure in measures] for weights in Resampling(contest.users, DRAWS, SEED).weights()]
    return np.array([measure(np.ones(len(labels))) for measure in measures]), np.array(draws).T


def _interval(value: float, draws: Floats) -> Value:
    low, high = np.percentile(draws, (2.5, 97.5)).tolist()
    return float(value), low, high


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
