"""The written test between a challenger and the champion where amounts are learned: the checks of `models.gate`.

1. *alarms*: as for chances.
2. *calibration*: refused when all that was expected of the test lies more than `max_total_off` away from all that came,
   with its whole interval over users, unless the champion's recipe is off as far.
3. *ranking*: as for chances, but what may not be lost is deviance instead of average precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..bootstrap import Resampling, finite, paired_saving
from ..fit import Fitting
from ..gate import Check, Verdict, alarms_check, columns_gone, ranking_check, unranked
from ..spec import GateSpec, TrainingSpec
from .estimate import Estimate, amounts_of
from .train import ValueTrained

__all__ = ["compare_amounts"]


def compare_amounts(challenger: ValueTrained, champion: Mapping[str, Any] | None, spec: TrainingSpec) -> Verdict:
    """The verdict of the policy above.

    Args:
        champion: the card of the champion's bundle, None when there is no champion.
    """
    ground = challenger.ground
    recipe = None if champion is None else Fitting.from_dict(champion["recipe"])
    missing = () if recipe is None else columns_gone(ground, recipe)
    other = None if recipe is None or missing else Estimate.proven("champion", recipe, ground)
    return Verdict(
        (
            alarms_check(challenger.alarms, spec.gate),
            _calibration(challenger, other, spec.gate),
            unranked(missing) if other is None else _ranking(challenger, other, spec),
        )
    )


def _calibration(challenger: ValueTrained, champion: Estimate | None, gate: GateSpec) -> Check:
    ratio = challenger.judgement.measures[challenger.published.name]["total_ratio"]
    if finite(ratio) is None:
        return Check("calibration", None, "what came in the test adds up to no more than nothing")
    allowed, numbers = float(gate.max_total_off), {"total_ratio": ratio.value}
    told = f"{ratio.value:.2f} was expected for each 1 that came ({ratio.low:.2f} to {ratio.high:.2f})"
    if ratio.low <= 1 + allowed and ratio.high >= 1 - allowed:
        return Check("calibration", True, told, numbers)
    policy = f"training.gate.max_total_off allows {allowed:.0%}"
    if champion is None:
        return Check("calibration", False, f"{told}; {policy}", numbers)
    came = float(amounts_of(challenger.ground, challenger.ground.split.test).sum())
    other = float(champion.expected.sum()) / came
    compared = f"by the champion's recipe {other:.2f}"
    is_no_worse = abs(ratio.value - 1) <= abs(other - 1)
    return Check("calibration", is_no_worse, f"{told}; {compared}; {policy}", numbers | {"champion_total_ratio": other})


def _ranking(challenger: ValueTrained, champion: Estimate, spec: TrainingSpec) -> Check:
    ground = challenger.ground
    test = ground.split.test
    resampling = Resampling(ground.dataset.users[test], spec.bootstraps, spec.seed)
    expected = {"champion": champion.expected}
    gain = paired_saving(challenger.published.expected, expected, amounts_of(ground, test), resampling)
    return ranking_check(gain, "deviance saved", spec.gate)
