"""Why a user ranks where they do: the few things that moved the score most, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..features.plan import Feature, Plan
from .explain_kernel import strongest
from .explain_words import Teller

__all__ = ["Explainer"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_LEAST_SHARE = 0.05
_DIRECTIONS = ("below", "usual", "above")


class _Top(NamedTuple):
    """For each row its largest groups, `(n_rows, n)`: the sums, who speaks for them, and which are worth telling."""

    sums: Floats
    features: Index
    is_told: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Explainer:
    """What tells the reasons of a plan's rows.

    A reason is one thing that moved a score: `feature` speaks for its group, `contribution` is in units of the margin,
    signed, of the whole group, `value` is what the user has of the feature, null where missing, `direction` whether
    that is below, at or above what is usual in the cohort, null where nothing can be compared. `en` and `zh` say it.

    `norms` tells what is usual, NaN where nobody knows, `(n_features,)`.
    """

    features: tuple[Feature, ...]
    norms: Floats
    teller: Teller = field(repr=False)

    @classmethod
    def of(cls, plan: Plan, norms: Mapping[str, float | None]) -> Self:
        """The explainer of a plan's features.

        Args:
            norms: what is usual, by the feature's name; those left out, None or NaN are not mentioned.
        """
        known = [norms.get(feature.name) for feature in plan.features]
        usual = np.array([math.nan if norm is None else norm for norm in known], np.float64)
        usual[[not feature.is_quantity for feature in plan.features]] = math.nan
        return cls(plan.features, usual, Teller(plan.features, tuple(usual.tolist())))

    def reasons(self, X: npt.NDArray[np.float32], contributions: Floats, n: int = 3) -> pa.ListArray:
        """For each row at most `n` reasons, the strongest first and at most one for each group of features.

        A group speaks by the feature that pulls hardest to the side on which the group ends. Groups that make
        less than 5 % of all that moved the score are left out, so a row may have fewer reasons, or none.

        Args:
            X: the vectors `(n_rows, n_features)`.
            contributions: `(n_rows, n_features + 1)`, the base last.
            n: the most reasons a row may have.
        """
        top = _top(contributions, self._groups, n)
        rows, _ = np.nonzero(top.is_told)
        features = top.features[top.is_told]
        values = X[rows, features].astype(np.float64) + 0.0  # so that no zero is said to be below zero
        en, zh = self.teller.texts(features, values)
        parts = {
            "feature": _chosen([feature.name for feature in self.features], features),
            "contribution": pa.array(top.sums[top.is_told], pa.float64()),
            "value": pa.array(values, pa.float64(), from_pandas=True),
            "direction": self._directions(features, values),
            "en": en,
            "zh": zh,
        }
        told = pa.StructArray.from_arrays(list(parts.values()), names=list(parts))
        ends = np.concatenate([[0], np.cumsum(top.is_told.sum(axis=1))])
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), told)

    @cached_property
    def _groups(self) -> Index:
        """The number of each feature's group, `(n_features,)`; groups are numbered as they first appear."""
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(one.group, len(numbers)) for one in self.features], np.intp)

    def _directions(self, features: Index, values: Floats) -> pa.Array:
        side = np.sign(values - self.norms[features])
        return _chosen(_DIRECTIONS, side + 1)


def _top(contributions: Floats, groups: Index, n: int) -> _Top:
    n_rows, n_groups = len(contributions), int(groups.max(initial=-1)) + 1
    kept, moved = np.empty((n_rows, min(n, n_groups))), np.empty(n_rows)
    speakers = np.zeros(kept.shape, np.intp)
    strongest(np.ascontiguousarray(contributions), groups, np.empty(n_groups), kept, speakers, moved)
    return _Top(kept, speakers, (np.abs(kept) >= _LEAST_SHARE * moved[:, None]) & (kept != 0))


def _chosen(texts: Sequence[str], places: npt.NDArray[np.generic]) -> pa.Array:
    """The text at each place; null where the place is NaN."""
    return pa.array(texts, pa.string()).take(pa.array(places, from_pandas=True).cast(pa.int32()))
