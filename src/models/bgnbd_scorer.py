"""BG/NBD as a scorer: a user's history of buying in, the logarithm of how many events are expected out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError
from .bgnbd import Buying, Histories
from .matrix import Matrix, checked_matrix, finite, json_object

__all__ = ["BgnbdScorer", "Columns", "fit_bgnbd", "parse_bgnbd"]

Floats = npt.NDArray[np.float64]

_PARTS = (1 / 3, 1 / 6, 1 / 3)
"""Shapley's weight of what one of three adds to as many of the others."""


class Columns(NamedTuple):
    """Where vectors hold days since the last event, days with any, events, and the mean gap between them in days.

    The last three are of one window: a history begins with the first event in it.
    """

    recency: int
    frequency: int
    events: int
    gap: int

    def told(self, X: Matrix) -> Floats:
        """Days since the last event, days with one after the first, and days between first and last: `(n_rows, 3)`."""
        recency, frequency, events, gap = X[:, list(self)].astype(np.float64).T
        span = np.maximum(np.nan_to_num(events) - 1.0, 0.0) * np.nan_to_num(gap)
        return np.column_stack([recency, np.maximum(np.nan_to_num(frequency) - 1.0, 0.0), span])


@dataclass(frozen=True)
class BgnbdScorer:
    """What is expected in `days` to come of who bought last so long ago, so often, and for so long.

    A day with events is one purchase, of `unit` events. `typical` is what the columns tell of the middle of training,
    from which contributions are told; the days since the last purchase are `longest` of who never bought.
    """

    n_features: int
    columns: Columns
    buying: Buying
    days: float
    unit: float
    typical: tuple[float, float, float]
    longest: float

    @property
    def form(self) -> Literal["bgnbd"]:
        """Which kind of model it is."""
        return "bgnbd"

    def margin(self, X: Matrix) -> Floats:
        """The logarithm of the events that each row lets expect, `(n_rows,)`."""
        return self._margin(self._told(X))

    def contributions(self, X: Matrix) -> Floats:
        """What columns add, `(n_rows, n_features + 1)`; the margin of the typical user last.

        How long somebody bought is told by gaps, for there would be more of each if there were fewer of the other.

        Source: Shapley (1953), A value for n-person games (all orders of recency, frequency and gaps).
        """
        told, parts = self._told(X), np.zeros((len(X), self.n_features + 1))
        margins = {known: self._margin(np.where(known, told, self.typical)) for known in product((0, 1), repeat=3)}
        for at, column in enumerate((self.columns.recency, self.columns.frequency, self.columns.gap)):
            for known in (one for one in margins if not one[at]):
                after = margins[*known[:at], 1, *known[at + 1 :]]
                parts[:, column] += _PARTS[sum(known)] * (after - margins[known])
        parts[:, -1] = margins[0, 0, 0]
        return parts

    def over(self, days: float) -> BgnbdScorer:
        """The same of another stretch of time to come."""
        return replace(self, days=days)

    def to_text(self) -> str:
        """The model as JSON."""
        named = {"columns": self.columns._asdict(), "buying": self.buying._asdict()}
        return json.dumps({**asdict(self), **named}, indent=2, sort_keys=True) + "\n"

    def _told(self, X: Matrix) -> Floats:
        return self.columns.told(checked_matrix(X, self.n_features))

    def _margin(self, told: Floats) -> Floats:
        return self.buying.log_expected(_histories(told, self.longest), self.days) + float(np.log(self.unit))


def fit_bgnbd(X: Matrix, came: Floats, columns: Columns, days: float) -> BgnbdScorer:
    """The model by which the events that `came` (n_rows,) in so many days after training vectors surprise least."""
    told = columns.told(X)
    recency = told[np.isfinite(told[:, 0]), 0]
    longest = float(recency.max(initial=0.0))
    middle = float(np.median(recency)) if len(recency) else 0.0
    events, active = (
        float(np.nansum(X[:, column], dtype=np.float64)) for column in (columns.events, columns.frequency)
    )
    unit = events / active if events > 0 and active > 0 else 1.0
    buying = Buying.fitted(_histories(told, longest), came / unit, days)
    typical = (middle, float(np.median(told[:, 1])), float(np.median(told[:, 2])))
    return BgnbdScorer(X.shape[1], columns, buying, days, unit, typical, longest)


def parse_bgnbd(text: str) -> BgnbdScorer:
    """The model that `BgnbdScorer.to_text` wrote.

    Raises:
        DamagedError: the text is not such a model.
    """
    written = json_object(text, "the model of buying")
    try:
        found = BgnbdScorer(
            n_features=int(written["n_features"]),
            columns=Columns(**{name: int(at) for name, at in written["columns"].items()}),
            buying=Buying(**{name: finite(one) for name, one in written["buying"].items()}),
            days=finite(written["days"]),
            unit=finite(written["unit"]),
            typical=_three(*(finite(one) for one in written["typical"])),
            longest=finite(written["longest"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise DamagedError(f"the model of buying lacks a key or holds what is no number: {error}") from error
    if len(set(found.columns)) < len(found.columns) or not all(0 <= at < found.n_features for at in found.columns):
        raise DamagedError(f"the model of buying reads columns {tuple(found.columns)} of {found.n_features}")
    if min(*found.buying, found.days, found.unit) <= 0 or min(*found.typical, found.longest) < 0:
        raise DamagedError(f"the model of buying holds what is not positive: {found}")
    return found


def _three(recency: float, repeats: float, span: float) -> tuple[float, float, float]:
    return recency, repeats, span


def _histories(told: Floats, longest: float) -> Histories:
    recency, repeats, span = told.T
    return Histories(repeats, span, span + np.where(np.isnan(recency), longest, recency))
