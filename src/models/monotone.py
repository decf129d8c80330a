"""Which way a feature may move the score, where the project file says so of it or of its signal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..features.plan import Feature

__all__ = ["Way", "directions"]

Way = Literal["rising", "falling"]

_SIGNS: Mapping[Way, int] = {"rising": 1, "falling": -1}
_MORE = frozenset(
    {"count", "sum", "mean", "min", "max", "last", "distinct", "active_days", "sessions", "streak", "decay"}
)
"""Aggregates of which more means more of the signal."""
_LESS = frozenset({"days_since_last", "gap_mean"})
"""Aggregates of which more means less of the signal."""


def directions(features: Iterable[Feature], declared: Mapping[str, Way]) -> dict[str, int]:
    """1 or -1 for each feature that is bound, by name.

    A feature's own name goes before its signal's. What is said of a signal holds for its amounts, the other way
    round for the days since its last event, and not for its shape, such as its trend. Categories have no order.
    """
    found: dict[str, int] = {}
    for feature in features:
        if feature.is_category:
            continue
        if feature.name in declared:
            found[feature.name] = _SIGNS[declared[feature.name]]
        elif feature.source in declared and feature.role == "history":
            sign = _SIGNS[declared[feature.source]] * ((feature.aggregate in _MORE) - (feature.aggregate in _LESS))
            found |= {feature.name: sign} if sign else {}
    return found
