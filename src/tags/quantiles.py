"""Users compared with each other: a number as a score from 1 to 5."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .rule_spec import ScoreSpec

__all__ = ["part_scores"]


def part_scores(values: npt.NDArray[np.float32], score: ScoreSpec) -> npt.NDArray[np.float64]:
    """For each value a whole number from 1 to `score.parts`, `(n,)`; NaN where the value is.

    It is one more than the share of known values that are worse, counted in parts and rounded down: of five parts, 5
    says that at least four fifths do worse. Equal values have the same score, so no score need be frequent.

    >>> part_scores(np.array([7, 0, 7, 30, 90], np.float32), ScoreSpec(of="days_since_last", best="low")).tolist()
    [3.0, 5.0, 3.0, 2.0, 1.0]

    Source: Hughes (1994), Strategic Database Marketing: recency, frequency and monetary value in quintiles.
    """
    good = values if score.best == "high" else -values
    ordered = np.sort(good[~np.isnan(good)])
    worse = np.searchsorted(ordered, good, side="left")
    found = 1.0 + worse * score.parts // max(len(ordered), 1)
    return np.where(np.isnan(values), np.nan, found)
