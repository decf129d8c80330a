"""Which of several models are better averaged than alone, by how they did forward in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .rehearsal import Rehearsal

__all__ = ["Ensemble", "ensemble_of"]

Floats = npt.NDArray[np.float64]
Margins = Sequence[Floats]
"""Of one model on the later rows of each fold."""

_LUCK = 2e-3
"""The part of a loss that is no reason to prefer one average to another: what another seed changes."""


@dataclass(frozen=True)
class Ensemble:
    """Positions of the `members` among the candidates, and their mean loss over folds together.

    `is_joined` tells whether the model beside the candidates is one of them.
    """

    members: tuple[int, ...]
    loss: float
    is_joined: bool = False


def ensemble_of(
    candidates: Sequence[Margins], rehearsals: Sequence[Rehearsal], most: int, beside: Margins | None = None
) -> Ensemble:
    """The first candidate, and then always that one beside which the average loses least.

    That goes on while it loses no more than two thousandths above the least that was seen: what is less is luck, and in
    doubt several are better than one, whose luck it was to be the best of many. By the same measure the model beside
    the candidates joins them in the end.

    Args:
        candidates: the margins of each, best first.
        rehearsals: the folds, whose outcomes say what an average loses.
        most: how many candidates are averaged at most.
        beside: the margins of a model of another form, which errs in another way.

    Source: Caruana, Niculescu-Mizil, Crew, Ksikes (2004), Ensemble selection from libraries of models; once each.
    """
    found = _average(candidates, rehearsals, (0,))
    least = found.loss
    while len(found.members) < most:
        others = [at for at in range(len(candidates)) if at not in found.members]
        tried = [_average(candidates, rehearsals, (*found.members, at)) for at in others]
        following = min(tried, key=attrgetter("loss"), default=None)
        if following is None or following.loss > least * (1.0 + _LUCK):
            break
        found, least = following, min(least, following.loss)
    if beside is None:
        return found
    joined = _average((*candidates, beside), rehearsals, (*found.members, len(candidates)))
    return replace(found, loss=joined.loss, is_joined=True) if joined.loss <= least * (1.0 + _LUCK) else found


def _average(candidates: Sequence[Margins], rehearsals: Sequence[Rehearsal], members: tuple[int, ...]) -> Ensemble:
    losses = []
    for at, fold in enumerate(rehearsals):
        margins = np.mean([candidates[member][at] for member in members], axis=0)
        losses.append(fold.objective.loss_of(margins, fold.targets))
    return Ensemble(members, float(np.mean(losses)))
