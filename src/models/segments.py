"""Where a model is weak: the same measures for parts of the test, by tenure, activity and chosen columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .bootstrap import DRAWS, Interval, Resampling, finite, intervals
from .candidate import Candidate, Ground, Index
from .spec import TrainingSpec

if TYPE_CHECKING:
    from ..features.plan import Feature

__all__ = ["Part", "Segment", "parts_of_test", "segments_of"]

Column = npt.NDArray[np.float32]

_PARTS = 3
_MOST_VALUES = 6
_OFF = 0.1


class Part(NamedTuple):
    """Positions within the test of the `rows` of which `feature` has one `value`; `by` says what it stands for."""

    by: str
    feature: str
    value: str
    rows: Index


@dataclass(frozen=True)
class Segment:
    """Test rows of which `feature` has one `value`; `by` says what it stands for.

    `chance` is the mean given, `rate` what came, `ratio` the first over the second. `auc` and `average_precision`
    are None where one outcome is missing. `finding` says what is weak, "" for nothing.
    """

    by: str
    feature: str
    value: str
    rows: int
    users: int
    positives: int
    rate: float
    chance: float
    ratio: Interval | None
    auc: Interval | None
    average_precision: Interval | None
    finding: str

    def as_dict(self) -> dict[str, Any]:
        """The segment as JSON holds it."""
        measured = {name: getattr(self, name) for name in ("ratio", "auc", "average_precision")}
        return asdict(self) | {name: None if one is None else one._asdict() for name, one in measured.items()}


def segments_of(published: Candidate, ground: Ground, spec: TrainingSpec) -> tuple[Segment, ...]:
    """The parts of the test by tenure, activity and `training.segments`, or by the first category there is."""
    test = ground.split.test
    overall = intervals({"": published.margins}, ground.dataset.labels[test], ("auc",), _draws(ground, test, spec))
    auc = overall[""]["auc"].value
    return tuple(
        _segment((part.by, part.feature, part.value), part.rows, published, ground, spec, auc)
        for part in parts_of_test(ground, spec.segments)
    )


def parts_of_test(ground: Ground, names: Sequence[str]) -> Iterator[Part]:
    """The parts that have rows, by tenure, activity and the named features, or the first category there is."""
    for by, feature, column in _divisions(ground, names):
        for value, rows in _parts_of(feature, column):
            if len(rows):
                yield Part(by, feature.name, value, rows)


def _divisions(ground: Ground, names: Sequence[str]) -> Iterator[tuple[str, Feature, Column]]:
    """What the test is divided by: what it stands for, the feature, and its values in the test."""
    dataset, test = ground.dataset, ground.split.test
    features = list(zip(dataset.plan.features, dataset.vectors[test].T, strict=True))
    rules = list(zip(dataset.baseline_plan.features, dataset.baseline_vectors[test].T, strict=True))
    tenure = [one for one in features if one[0].aggregate == "days_since_first" and one[0].part is None]
    activity = [one for one in rules if one[0].name.startswith("frequency")]
    categories = [feature.name for feature, _ in features if feature.is_category]
    chosen = [one for one in features if one[0].name in (names or categories[:1])]
    for by, found in (("tenure", tenure[:1]), ("activity", activity[:1]), ("", chosen)):
        for feature, column in found:
            yield by or feature.label, feature, column


def _parts_of(feature: Feature, column: Column) -> list[tuple[str, Index]]:
    missing = np.flatnonzero(np.isnan(column))
    parts = (
        _by_category(feature, column)
        if feature.is_category
        else _by_size(column, feature.unit if feature.role == "history" else "")
    )
    return [*parts, ("not known", missing)]


def _by_category(feature: Feature, column: Column) -> list[tuple[str, Index]]:
    """The most common values, the others together."""
    texts = ("any other", *feature.texts)
    sizes = [(code, np.flatnonzero(column == code)) for code in range(1, len(texts))]
    largest = sorted(sizes, key=lambda one: -len(one[1]))[:_MOST_VALUES]
    named = {code for code, _ in largest}
    rest = np.flatnonzero(~np.isnan(column) & ~np.isin(column, list(named)))
    return [*((texts[code], rows) for code, rows in sorted(largest)), (texts[0], rest)]


def _by_size(column: Column, unit: str) -> list[tuple[str, Index]]:
    """Thirds; equal values stay together."""
    known = column[~np.isnan(column)]
    if not len(known):
        return []
    edges = np.unique(np.quantile(known, np.arange(1, _PARTS) / _PARTS, method="lower"))
    place = np.searchsorted(edges, column, side="left")
    found = [np.flatnonzero((place == part) & ~np.isnan(column)) for part in range(len(edges) + 1)]
    return [(f"{_range(column[rows])} {unit}".rstrip(), rows) for rows in found if len(rows)]


def _range(values: Column) -> str:
    low, high = f"{values.min():,.4g}", f"{values.max():,.4g}"
    return low if low == high else f"{low} to {high}"


def _draws(ground: Ground, rows: Index, spec: TrainingSpec) -> Resampling:
    return Resampling(ground.dataset.users[rows], min(DRAWS, spec.bootstraps), spec.seed)


def _segment(
    named: tuple[str, str, str],
    rows: Index,
    published: Candidate,
    ground: Ground,
    spec: TrainingSpec,
    overall: float,
) -> Segment:
    at = ground.split.test[rows]
    labels, chances, draws = ground.dataset.labels[at], published.chances[rows], _draws(ground, at, spec)
    ranked = intervals({"": published.margins[rows]}, labels, ("auc", "average_precision"), draws)[""]
    auc, precision = (finite(ranked[name]) for name in ("auc", "average_precision"))
    ratio = finite(intervals({"": chances}, labels, ("mean_ratio",), draws)[""]["mean_ratio"])
    return Segment(
        *named,
        rows=len(rows),
        users=len(set(ground.dataset.users[at])),
        positives=int(labels.sum()),
        rate=float(labels.mean()),
        chance=float(chances.mean()),
        ratio=ratio,
        auc=auc,
        average_precision=precision,
        finding="; ".join(_weaknesses(auc, ratio, overall)),
    )


def _weaknesses(auc: Interval | None, ratio: Interval | None, overall: float) -> Iterator[str]:
    if auc is None:
        yield "one outcome only"
    elif auc.low <= 0.5:
        yield "ranks no better than chance"
    elif auc.high < overall:
        yield "ranks worse than over all"
    if ratio is not None and ratio.low > 1.0 and ratio.value > 1.0 + _OFF:
        yield "chances too high"
    if ratio is not None and ratio.high < 1.0 and ratio.value < 1.0 - _OFF:
        yield "chances too low"
