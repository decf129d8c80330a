"""A way in which amounts are learned, and several of them as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..ensemble import ensemble_of
from ..fit import mean_of
from ..two_stage import TwoStageScorer

if TYPE_CHECKING:
    from ..fit import Fitting
    from ..rehearsal import Rehearsal
    from ..scorer import Scorer

__all__ = ["Way", "in_two_stages", "mean_of_ways", "those_averaged"]


@dataclass(frozen=True)
class Way:
    """A recipe, and what it makes of the earlier rows of each fold."""

    fitting: Fitting
    scorers: tuple[Scorer, ...]

    def margins(self, rehearsals: Sequence[Rehearsal]) -> list[npt.NDArray[np.float64]]:
        """The scores of the later rows of each fold."""
        folds = zip(self.scorers, rehearsals, strict=True)
        return [scorer.margin(one.table.vectors[one.valid]) for scorer, one in folds]


def those_averaged(
    ways: Mapping[str, Way], rehearsals: Sequence[Rehearsal]
) -> tuple[tuple[str, ...], dict[str, float]]:
    """Which lose least together, the best first, and what each loses by itself."""
    margins = {name: way.margins(rehearsals) for name, way in ways.items()}
    losses = {name: ensemble_of([one], rehearsals, 1).loss for name, one in margins.items()}
    ranked = sorted(ways, key=lambda name: losses[name])
    found = ensemble_of([margins[name] for name in ranked], rehearsals, len(ranked))
    return tuple(ranked[member] for member in found.members), losses


def mean_of_ways(ways: Sequence[Way]) -> Way:
    """All of them as one, each counting alike."""
    first, *others = ways
    if not others:
        return first
    fitting = first.fitting.beside([one.fitting for one in others], alike=True)
    scorers = {one.fitting.form: one.scorers for one in ways}
    folds = zip(*(scorers[part.form] for part in fitting.parts), strict=True)
    return Way(fitting, tuple(mean_of(fitting, parts) for parts in folds))


def in_two_stages(chance: Way, amount: Way) -> Way:
    """What tells whether anything comes, and how much if it does, as one."""
    params = {"chance": chance.fitting.as_stage, "amount": amount.fitting.as_stage}
    rounds = chance.fitting.rounds + amount.fitting.rounds
    fitting = replace(chance.fitting, form="two_stage", params=params, rounds=rounds)
    return Way(fitting, tuple(map(TwoStageScorer, chance.scorers, amount.scorers)))
