"""The rules that every model must beat: recency, frequency, and a logistic regression on both and spend, on logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .candidate import Candidate, Ground
from .fit import Fitting

if TYPE_CHECKING:
    from ..features.plan import Plan

__all__ = ["RULES", "baselines_of", "best_rule"]

RULES = ("recency", "frequency")
"""Names of baselines that are plain rules; `rfm` is a regression."""


def baselines_of(ground: Ground, *, is_absence: bool, seed: int) -> dict[str, Candidate]:
    """The baselines by name, each fitted on training rows only, the rules first.

    Args:
        is_absence: the outcome is that something does not happen, which turns the rules around.
    """
    fittings = dict(_fittings(ground.dataset.baseline_plan, is_absence=is_absence, seed=seed))
    return {name: Candidate.proven(name, fitting, ground) for name, fitting in fittings.items()}


def best_rule(candidates: dict[str, Candidate], *, plain: bool = False) -> Candidate:
    """The baseline that ranks best on the forward folds; a plain rule where a regression would be too bold."""
    considered = [one for name, one in candidates.items() if name in RULES or not plain]
    return max(considered, key=lambda one: one.forward_precision)


def _fittings(plan: Plan, *, is_absence: bool, seed: int) -> Iterator[tuple[str, Fitting]]:
    names = tuple(feature.name for feature in plan.features)
    first = {"recency": "high", "frequency": "low"} if is_absence else {"recency": "low", "frequency": "high"}
    for rule in RULES:
        column = next(name for name in names if name.startswith(rule))
        yield rule, Fitting("rule", "baseline", names, {"column": column, "direction": first[rule]}, 0, seed)
    yield "rfm", Fitting("linear", "baseline", names, {"strength": 1.0, "is_log": True}, 0, seed)
