"""From a margin to a chance that can be counted on, fitted forward in time and never falling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError
from .logistic import fit_logistic, sigmoid
from .matrix import finite, json_object
from .season import Season, shifts_of
from .steps import between, steps

__all__ = ["Calibration", "CalibrationForm", "fit_calibration", "forward_losses", "parse_calibration"]

CalibrationForm = Literal["none", "platt", "beta", "isotonic"]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]
Index = npt.NDArray[np.intp]

_ENOUGH_FOR_CURVES = 100
_LEAST = 1e-6
_FAR = 700.0
"""A margin beyond which the exponential leaves the range of doubles."""


@dataclass(frozen=True)
class Calibration:
    """A map from margin to probability that never falls.

    `none` takes margins as log-odds; `platt` is the sigmoid of `slope` * margin + `intercept`; `beta` bends it,
    with `slope` far below a chance of a half and `slope_above` far above;
    `isotonic` goes straight from knot to knot, each a margin and its probability, and is flat outside.
    Before any of it, margins are moved together by what the `season` of the year before adds.
    """

    form: CalibrationForm
    slope: float = 1.0
    intercept: float = 0.0
    slope_above: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()
    season: Season = ()

    def probability(self, margin: Floats, instants: npt.NDArray[np.int64] | None = None) -> Floats:
        """The chance of the outcome for each margin, `(n_rows,)`, from 0 to 1.

        Args:
            instants: the cutoff of each margin in seconds, `(n_rows,)`; of no season when left out.

        >>> Calibration("none").probability(np.array([0.0])).tolist()
        [0.5]
        """
        if instants is not None and self.season:
            margin = margin + shifts_of(self.season, instants)
        if self.form == "beta":
            below, above = _bent(margin)
            return sigmoid(self.slope * below + self.slope_above * above + self.intercept)
        if self.form != "isotonic":
            return sigmoid(self.slope * margin + self.intercept)
        return between(self.knots, margin)

    def told(self, margin: Floats, instants: npt.NDArray[np.int64] | None = None) -> Mapping[str, Floats]:
        """What rows of tags tell of each margin at its cutoff: its `probability`, `(n_rows,)`."""
        return {"probability": self.probability(margin, instants)}

    def to_json(self) -> str:
        """The calibration as JSON."""
        written: dict[str, Any] = {
            "form": self.form,
            "slope": self.slope,
            "intercept": self.intercept,
            "knots": self.knots,
        }
        if self.form == "beta":
            written["slope_above"] = self.slope_above
        if self.season:
            written["season"] = self.season
        return json.dumps(written, indent=2, sort_keys=True) + "\n"


def parse_calibration(text: str) -> Calibration:
    """The calibration that `Calibration.to_json` wrote.

    Raises:
        DamagedError: the text is no calibration, or one that falls somewhere.
    """
    written = json_object(text, "the calibration")
    try:
        knots = tuple((finite(margin), finite(chance)) for margin, chance in written["knots"])
        above = finite(written["slope_above"]) if written["form"] == "beta" else 0.0
        season = tuple((int(finite(instant)), finite(shift)) for instant, shift in written.get("season", ()))
        found = Calibration(
            written["form"], finite(written["slope"]), finite(written["intercept"]), above, knots, season
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DamagedError(f"the calibration lacks a key or holds what is no number: {error}") from error
    least = min(found.slope, found.slope_above)
    if found.form not in get_args(CalibrationForm) or least < 0 or (found.form == "isotonic" and not knots):
        raise DamagedError(f"the calibration has form {found.form}, slope {least} and {len(knots)} knots")
    if not _never_falls(knots):
        raise DamagedError("the calibration's knots are not in order, or outside 0 to 1")
    if any(later <= earlier for (earlier, _), (later, _) in pairwise(found.season)):
        raise DamagedError("the instants of the calibration's season are not in order")
    return found


def fit_calibration(
    margins: Floats,
    labels: Labels,
    periods: npt.NDArray[np.int64] | None = None,
    users: npt.NDArray[np.object_] | None = None,
    *,
    known: npt.NDArray[np.int64] | None = None,
    is_log_odds: bool = True,
) -> Calibration:
    """The calibration with the lowest log-loss on rows it was not fitted on, fitted again on all rows.

    Isotonic takes part from 100 rows of each outcome on, beta as well where margins are log-odds, and `none` there
    always. Each candidate
    is fitted on what was known when a period began and judged on that period; where nothing was, as with one
    single period, rows are halved by a hash of the user.

    Args:
        margins: out-of-fold margins `(n_rows,)`.
        labels: `(n_rows,)`, 0 or 1.
        periods: when the period of each row begins, `(n_rows,)`; one single period when left out.
        users: `(n_rows,)`; every row is its own user when left out.
        known: when the outcome of each row was known, `(n_rows,)`, in the unit of `periods`; before the next period
            when left out.
        is_log_odds: false for a rule, whose margin is a feature's value.
    """
    usable = [] if periods is None else _usable(_forward(periods, known), labels)
    if not usable:
        usable = _usable(_halves(margins, users), labels)
    candidates = _candidates(labels, is_log_odds)
    losses = [sum(_loss(form, margins, labels, fit, judge) for fit, judge in usable) for form in candidates]
    return _fit(candidates[int(np.argmin(losses))], margins, labels)


def forward_losses(
    form: CalibrationForm,
    margins: Floats,
    labels: Labels,
    periods: npt.NDArray[np.int64],
    known: npt.NDArray[np.int64],
) -> list[tuple[Index, float]]:
    """The rows of each period that can be judged and their log-loss, summed, by what was known when it began."""
    usable = _usable(_forward(periods, known), labels)
    return [(judge, _loss(form, margins, labels, fit, judge)) for fit, judge in usable]


def _never_falls(knots: tuple[tuple[float, float], ...]) -> bool:
    margins, chances = np.array(knots, np.float64).reshape(-1, 2).T
    is_chance = (chances >= 0) & (chances <= 1)
    return bool((np.diff(margins) > 0).all() and (np.diff(chances) >= 0).all() and is_chance.all())


def _candidates(labels: Labels, is_log_odds: bool) -> list[CalibrationForm]:
    """Simplest first, so that it wins where losses are equal."""
    rarer = min(int((labels == 1).sum()), int((labels == 0).sum()))
    found: list[CalibrationForm] = ["none", "platt", "beta"] if is_log_odds else ["platt"]
    return [*found, "isotonic"] if rarer >= _ENOUGH_FOR_CURVES else [one for one in found if one != "beta"]


def _forward(periods: npt.NDArray[np.int64], known: npt.NDArray[np.int64] | None) -> list[tuple[Index, Index]]:
    """For each period but the first, the earlier rows whose outcome was known when it began, and its own."""
    ends = periods if known is None else known
    return [
        (np.flatnonzero((periods < one) & (ends <= one)), np.flatnonzero(periods == one))
        for one in np.unique(periods)[1:]
    ]


def _usable(trials: list[tuple[Index, Index]], labels: Labels) -> list[tuple[Index, Index]]:
    return [(fit, judge) for fit, judge in trials if len(np.unique(labels[fit])) == 2 and len(judge)]


def _halves(margins: Floats, users: npt.NDArray[np.object_] | None) -> list[tuple[Index, Index]]:
    if users is None:
        is_first = np.arange(len(margins)) % 2 == 0
    else:
        names, rows = np.unique(users.astype(str), return_inverse=True)
        is_first = np.array([sha256(name.encode()).digest()[0] % 2 == 0 for name in names.tolist()], np.bool_)[rows]
    first, second = np.flatnonzero(is_first), np.flatnonzero(~is_first)
    return [(first, second), (second, first)]


def _loss(form: CalibrationForm, margins: Floats, labels: Labels, fit: Index, judge: Index) -> float:
    chances = np.clip(_fit(form, margins[fit], labels[fit]).probability(margins[judge]), _LEAST, 1.0 - _LEAST)
    return float(-np.log(np.where(labels[judge] == 1, chances, 1.0 - chances)).sum())


def _fit(form: CalibrationForm, margins: Floats, labels: Labels) -> Calibration:
    if form == "none":
        return Calibration("none")
    return {"platt": _platt, "beta": _beta, "isotonic": _isotonic}[form](margins, labels)


def _platt(margins: Floats, labels: Labels) -> Calibration:
    """Targets are drawn in a little, so that separable rows do not make certainties.

    Source: Platt (1999), Probabilistic outputs for support vector machines; Lin, Lin, Weng (2007), A note on
    Platt's probabilistic outputs for support vector machines, Machine Learning 68.
    """
    targets = _drawn_in(labels)
    center, scale = float(margins.mean()), float(margins.std()) or 1.0
    design = np.column_stack([np.ones(len(margins)), (margins - center) / scale])
    intercept, slope = fit_logistic(design, targets, np.zeros(2)).tolist()
    if slope <= 0:
        intercept, slope = fit_logistic(design[:, :1], targets, np.zeros(1)).item(), 0.0
    return Calibration("platt", slope / scale, intercept - slope * center / scale)


def _beta(margins: Floats, labels: Labels) -> Calibration:
    """A slope that would fall is left out.

    Source: Kull, Silva Filho, Flach (2017), Beta calibration: a well-founded and easily implemented improvement on
    logistic calibration for binary classifiers, AISTATS.
    """
    targets, parts = _drawn_in(labels), _bent(margins)
    slopes, kept = np.zeros(2), [0, 1]
    while kept:
        design = np.column_stack([np.ones(len(margins)), *(parts[at] for at in kept)])
        intercept, *found = fit_logistic(design, targets, np.zeros(design.shape[1])).tolist()
        if min(found) >= 0:
            slopes[kept] = found
            return Calibration("beta", slopes.item(0), intercept, slopes.item(1))
        kept.pop(int(np.argmin(found)))
    return _platt(margins, labels)


def _bent(margins: Floats) -> tuple[Floats, Floats]:
    """The logarithm of the chance that a margin stands for, and that of its complement, negated; neither ever falls."""
    return -np.log(1.0 + np.exp(np.minimum(-margins, _FAR))), np.log(1.0 + np.exp(np.minimum(margins, _FAR)))


def _drawn_in(labels: Labels) -> Floats:
    positives, negatives = float((labels == 1).sum()), float((labels == 0).sum())
    return np.where(labels == 1, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))


def _isotonic(margins: Floats, labels: Labels) -> Calibration:
    """Pooled rates, kept a pseudo-count away from certainty.

    Source: Zadrozny, Elkan (2002), Transforming classifier scores into accurate multiclass probability
    estimates, KDD.
    """
    least = max(_LEAST, 1.0 / (len(margins) + 2.0))
    knots = steps(margins, labels.astype(np.float64))
    return Calibration("isotonic", knots=tuple((at, min(max(rate, least), 1.0 - least)) for at, rate in knots))
