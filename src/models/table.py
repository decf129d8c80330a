"""Vectors with their outcomes and the names of their columns: what every model is fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ..features.dataset import Dataset
    from ..features.plan import Plan

__all__ = ["Source", "Table", "plan_of", "table_of"]

Source = Literal["features", "baseline"]
"""Whether a model reads the features of the plan or the recency and frequency every rule knows."""


@dataclass(frozen=True)
class Table:
    """`vectors` (n_rows, n_columns) float32, `labels` (n_rows,) 0 or 1, and a name and a kind for each column.

    `amounts` (n_rows,) are the outcome where it is a number, else None. `periods` (n_rows,) are the cutoffs of rows
    that share them, in seconds: what comes has a level of its own at each, which is learned apart, unless it is None.
    """

    vectors: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int8]
    names: tuple[str, ...]
    is_category: tuple[bool, ...]
    amounts: npt.NDArray[np.float64] | None = None
    periods: npt.NDArray[np.int64] | None = None

    def at(self, rows: npt.NDArray[np.intp]) -> Self:
        """The same columns at some rows; at all of them, in their order, the same table."""
        if len(rows) == len(self.labels) and np.array_equal(rows, np.arange(len(rows))):
            return self
        amounts = None if self.amounts is None else self.amounts[rows]
        periods = None if self.periods is None else self.periods[rows]
        return replace(self, vectors=self.vectors[rows], labels=self.labels[rows], amounts=amounts, periods=periods)

    def of(self, names: Sequence[str]) -> Self:
        """The named columns at the same rows."""
        if tuple(names) == self.names:
            return self
        at = [self.names.index(name) for name in names]
        kinds = tuple(self.is_category[position] for position in at)
        return replace(self, vectors=np.ascontiguousarray(self.vectors[:, at]), names=tuple(names), is_category=kinds)

    @property
    def categories(self) -> tuple[int, ...]:
        """Positions of the columns that hold category codes."""
        return tuple(position for position, is_category in enumerate(self.is_category) if is_category)


def plan_of(dataset: Dataset, source: Source) -> Plan:
    """The plan behind that part of the dataset."""
    return dataset.plan if source == "features" else dataset.baseline_plan


def table_of(dataset: Dataset, source: Source, names: Sequence[str] | None = None) -> Table:
    """That part of the dataset, restricted to the named columns in the given order.

    Raises:
        KeyError: the dataset has no such column.
    """
    features = {feature.name: (at, feature.is_category) for at, feature in enumerate(plan_of(dataset, source).features)}
    wanted = list(features) if names is None else list(names)
    vectors = dataset.vectors if source == "features" else dataset.baseline_vectors
    at = [features[name][0] for name in wanted]
    kept = vectors if wanted == list(features) else np.ascontiguousarray(vectors[:, at])
    kinds = tuple(features[name][1] for name in wanted)
    is_apart = source == "features" and dataset.trigger_ids is None and dataset.amounts is None
    periods = dataset.cutoffs if is_apart else None
    return Table(kept, dataset.labels, tuple(wanted), kinds, dataset.amounts, periods)
