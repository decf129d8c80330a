"""How features are named: `signal_aggregate_window`, from the project file alone."""

from __future__ import annotations

from collections.abc import Sequence

from ..quantities import Duration
from .spec import FeaturesSpec

__all__ = ["declared_names", "part_slug", "plain_name", "window_name", "windows_of"]

_OVER_ALL_HISTORY = frozenset({"days_since_last", "days_since_first", "streak", "days_to_second", "days_to_third"})


def declared_names(features: FeaturesSpec) -> list[str]:
    """The names of all features that the project file itself decides; those of a category's values depend on data.

    Features of parts begin with `signal_property_`.
    """
    found = []
    for signal, aggregates in features.aggregates.items():
        for aggregate in aggregates:
            found += [plain_name(signal, aggregate, windows) for windows in windows_of(features, aggregate)]
            found += [f"{signal}_age_unknown"] if aggregate == "days_since_first" else []
    return [*found, *features.attributes]


def windows_of(features: FeaturesSpec, aggregate: str) -> list[tuple[int, ...]]:
    """The windows, in seconds, for each of which there is a feature of the aggregate.

    A trend sets each window but the longest against the longest.
    """
    if aggregate in _OVER_ALL_HISTORY:
        return [()]
    if aggregate == "trend":
        longest = max(features.windows)
        return [(window.seconds, longest.seconds) for window in features.windows if window != longest]
    return [(window.seconds,) for window in features.windows]


def plain_name(signal: str, aggregate: str, windows: Sequence[int]) -> str:
    """The name of a feature.

    >>> plain_name("spend", "sum", (604_800,)), plain_name("spend", "trend", (604_800, 2_419_200))
    ('spend_sum_7d', 'spend_trend_7d_over_28d')
    """
    return "_".join([signal, aggregate, *(["_over_".join(window_name(one) for one in windows)] if windows else [])])


def window_name(seconds: int) -> str:
    """The window as names have it.

    >>> window_name(604_800), window_name(5_400)
    ('7d', '90m')
    """
    return str(Duration(seconds))


def part_slug(value: str | None) -> str:
    """A category's value as part of a name; None stands for all values without a name of their own.

    >>> part_slug("MEAT-PCKGD"), part_slug("Café & Bar"), part_slug(None)
    ('meat_pckgd', 'café_bar', 'other')
    """
    if value is None:
        return "other"
    words = "".join(letter if letter.isalnum() else " " for letter in value.lower()).split()
    return "_".join(words) or "blank"
