"""The newest stretch of time: what a model is judged on, and what its vocabularies may not see."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..errors import EvidenceError

__all__ = ["ENOUGH_OUTCOMES", "Telling", "having", "newest_period", "rarer_class", "telling_of"]

ENOUGH_OUTCOMES = 100
"""Rows of the rarer class with which a period can prove something."""


Telling = Callable[[npt.NDArray[np.int8]], int]
"""How many of some labels tell something: `rarer_class` of yes or no, `having` of a number."""


def newest_period(cutoffs: npt.NDArray[np.int64], labels: npt.NDArray[np.int8], *, is_amount: bool = False) -> int:
    """The second at which the newest period starts; every row with a cutoff from then on belongs to it.

    It grows backwards by whole instants, until it holds 100 rows of the rarer class or would exceed
    30 % of the rows. The newest instant is always in it, and it goes on while it lacks one class.
    Of amounts, those that are above 0 are all it asks for.

    >>> newest_period(np.array([10, 20, 30, 40]), np.array([1, 0, 1, 0], np.int8))
    30

    Raises:
        EvidenceError: there is no row, or every row has the same label.
    """
    instants, place = np.unique(cutoffs, return_inverse=True)
    positives = _from_the_end(place[labels == 1], len(instants))
    negatives = _from_the_end(place[labels == 0], len(instants))
    rarer = positives if is_amount else np.minimum(positives, negatives)
    both = np.flatnonzero(rarer >= 1)
    if not len(both):
        raise EvidenceError(_one_sided(labels))
    enough = np.flatnonzero(rarer >= ENOUGH_OUTCOMES)
    small = np.flatnonzero((positives + negatives) * 10 <= len(labels) * 3)
    reached = enough[-1] if len(enough) else 0
    allowed = small[0] if len(small) else len(instants) - 1
    return int(instants[min(max(reached, allowed), both[-1])])


def rarer_class(labels: npt.NDArray[np.int8]) -> int:
    """How many rows the rarer of the two labels has.

    >>> rarer_class(np.array([1, 1, 0, 1], np.int8))
    1
    """
    positives = int(np.count_nonzero(labels))
    return min(positives, len(labels) - positives)


def having(labels: npt.NDArray[np.int8]) -> int:
    """How many rows have the outcome, whether or not others have not.

    >>> having(np.array([1, 1, 0, 1], np.int8))
    3
    """
    return int(np.count_nonzero(labels))


def telling_of(*, is_amount: bool) -> Telling:
    """What counts as evidence: rows of the rarer class, or rows with an amount."""
    return having if is_amount else rarer_class


def _from_the_end(place: npt.NDArray[np.intp], n_instants: int) -> npt.NDArray[np.int64]:
    return np.bincount(place, minlength=n_instants)[::-1].cumsum()[::-1]


def _one_sided(labels: npt.NDArray[np.int8]) -> str:
    if not len(labels):
        return "no mature row at all: nobody was in the cohort at a cutoff whose outcome is known"
    return (
        f"all {len(labels)} mature rows have the outcome {int(labels[0])}; a prediction needs both. "
        "Check the target's event and condition, or change its horizon"
    )
