"""What the test showed of published amounts, kept with the bundle so that pages can say it in words and curves."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..plots import Contributions
from ..proof import drivers_of
from .judge import ValueJudgement

if TYPE_CHECKING:
    from ...features.plan import Plan

__all__ = ["proof_of_amounts"]


def proof_of_amounts(published: str, judgement: ValueJudgement, sample: Contributions, plan: Plan) -> dict[str, Any]:
    """The test as JSON holds it: who was in it, what was expected of each tenth and what came, drivers.

    `tenths` begin with the one of which least was expected; what came of each stands with its interval over users.

    Args:
        plan: of the features that the sample is about.
    """
    return {
        "test": asdict(judgement.test),
        "tenths": [one.as_dict() for one in judgement.groups[published]],
        "drivers": list(drivers_of(sample, plan)),
    }
