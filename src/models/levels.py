"""Learning within cutoffs: what comes has a level of its own at each, which no feature is to be credited with.

More people buy in December, and fewer of those who came in one wave with every month. How long somebody has been known
rises with the same months, so a model that has to explain the levels learns a season as if it were tenure, and ranks
people of one cutoff by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .table import Table

if TYPE_CHECKING:
    from .objectives import Objective

__all__ = ["codes_of", "lacked", "levels_of"]

Floats = npt.NDArray[np.float64]
Margin = Callable[[npt.NDArray[np.float32]], Floats]

_MOST = 100
"""Periods whose levels are told apart; of more cutoffs neighbours share one."""
_PRIOR = 20.0
"""Rows like all others by which a level is drawn towards that of all."""
_SAMPLE = 20_000
"""Rows from which the level of a model is told."""


def codes_of(table: Table) -> npt.NDArray[np.intp] | None:
    """The number of each row's period, `(n_rows,)`, from 0 on; None where levels are not apart or there is only one."""
    if table.periods is None:
        return None
    instants, codes = np.unique(table.periods, return_inverse=True)
    return codes // -(-len(instants) // _MOST) if len(instants) > 1 else None


def levels_of(table: Table, objective: Objective) -> Floats | None:
    """The margin at which each row's period lies, `(n_rows,)`; None as above."""
    codes = codes_of(table)
    if codes is None:
        return None
    targets = objective.targets(table)
    sums, rows = np.bincount(codes, targets), np.bincount(codes)
    means = (sums + _PRIOR * targets.mean()) / (rows + _PRIOR)
    return objective.margins(means)[codes]


def lacked(margin: Margin, table: Table, objective: Objective) -> float:
    """What the margins of a model lack of the level of the rows, as some of them tell that are evenly drawn."""
    told = table.at(np.arange(0, len(table.labels), 1 + len(table.labels) // _SAMPLE))
    return objective.shift(margin(told.vectors), objective.targets(told))
