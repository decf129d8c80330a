"""Where and when expectations of amounts are weak: parts of the test, and one cutoff after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...timeline import shown
from ..bootstrap import DRAWS, Interval, Resampling, finite, intervals
from ..candidate import Ground, Index
from ..metrics import periods_of
from ..segments import parts_of_test
from ..spec import TrainingSpec
from .estimate import Estimate, amounts_of

__all__ = ["ValueSegment", "ValueStretch", "segments_of_amounts", "stretches_of_amounts"]

Floats = npt.NDArray[np.float64]
_OFF = 0.1


@dataclass(frozen=True)
class ValueSegment:
    """Test rows of which `feature` has one `value`; `by` says what it stands for.

    `expected` and `came` are means of all rows, `ratio` the first over the second, `gini` None where nothing came.
    `finding` says what is weak, "" for nothing.
    """

    by: str
    feature: str
    value: str
    rows: int
    users: int
    positives: int
    came: float
    expected: float
    ratio: Interval | None
    gini: Interval | None
    finding: str

    def as_dict(self) -> dict[str, Any]:
        """The segment as JSON holds it."""
        return _written(asdict(self), ratio=self.ratio, gini=self.gini)


@dataclass(frozen=True)
class ValueStretch:
    """Rows from the cutoff `first` to `last`: of the `test`, or of a forward `fold`, which the search has looked at.

    `expected` and `came` are means of all rows, `expected` None in folds, whose amounts taught the valuation.
    """

    kind: Literal["fold", "test"]
    first: str
    last: str
    rows: int
    positives: int
    came: float
    expected: float | None
    gini: Interval | None
    share_10: Interval | None

    def as_dict(self) -> dict[str, Any]:
        """The stretch as JSON holds it."""
        return _written(asdict(self), gini=self.gini, share_10=self.share_10)


def segments_of_amounts(published: Estimate, ground: Ground, spec: TrainingSpec) -> tuple[ValueSegment, ...]:
    """The parts of the test by tenure, activity and `training.segments`, or by the first category there is."""
    found = []
    for part in parts_of_test(ground, spec.segments):
        at = ground.split.test[part.rows]
        came, expected, draws = amounts_of(ground, at), published.expected[part.rows], _draws(ground, at, spec)
        gini = finite(intervals({"": published.margins[part.rows]}, came, ("gini",), draws)[""]["gini"])
        ratio = finite(intervals({"": expected}, came, ("total_ratio",), draws)[""]["total_ratio"])
        found.append(
            ValueSegment(
                by=part.by,
                feature=part.feature,
                value=part.value,
                rows=len(at),
                users=len(set(ground.dataset.users[at])),
                positives=int((came > 0).sum()),
                came=float(came.mean()),
                expected=float(expected.mean()),
                ratio=ratio,
                gini=gini,
                finding="; ".join(_weaknesses(gini, ratio)),
            )
        )
    return tuple(found)


def stretches_of_amounts(published: Estimate, ground: Ground, spec: TrainingSpec) -> tuple[ValueStretch, ...]:
    """The cutoffs of the forward folds and then those of the test, oldest first."""
    cutoffs, forward, test = ground.dataset.cutoffs, published.forward, ground.split.test
    found: list[ValueStretch] = []
    for start in np.unique(forward.periods):
        inside = np.flatnonzero(forward.periods == start)
        for at in periods_of(cutoffs[forward.rows[inside]]):
            rows = inside[at]
            found.append(_stretch("fold", forward.rows[rows], forward.margins[rows], ground, spec))
    for at in periods_of(cutoffs[test]):
        found.append(_stretch("test", test[at], published.margins[at], ground, spec, published.expected[at]))
    return tuple(found)


def _stretch(
    kind: Literal["fold", "test"],
    rows: Index,
    margins: Floats,
    ground: Ground,
    spec: TrainingSpec,
    expected: Floats | None = None,
) -> ValueStretch:
    came, cutoffs = amounts_of(ground, rows), ground.dataset.cutoffs[rows]
    measured = intervals({"": margins}, came, ("gini", "share_10"), _draws(ground, rows, spec))[""]
    return ValueStretch(
        kind,
        shown(int(cutoffs.min())),
        shown(int(cutoffs.max())),
        len(rows),
        int((came > 0).sum()),
        float(came.mean()),
        None if expected is None else float(expected.mean()),
        finite(measured["gini"]),
        finite(measured["share_10"]),
    )


def _draws(ground: Ground, rows: Index, spec: TrainingSpec) -> Resampling:
    return Resampling(ground.dataset.users[rows], min(DRAWS, spec.bootstraps), spec.seed)


def _weaknesses(gini: Interval | None, ratio: Interval | None) -> Iterator[str]:
    if gini is None:
        yield "nothing came"
    elif gini.low <= 0:
        yield "ranks no better than chance"
    if ratio is not None and ratio.low > 1.0 and ratio.value > 1.0 + _OFF:
        yield "expects too much"
    if ratio is not None and ratio.high < 1.0 and ratio.value < 1.0 - _OFF:
        yield "expects too little"


def _written(whole: dict[str, Any], **measured: Interval | None) -> dict[str, Any]:
    return whole | {name: None if one is None else one._asdict() for name, one in measured.items()}
