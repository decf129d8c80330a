"""What the project file says of signals, features, cohorts, targets and cutoffs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..quantities import Duration
from ..specs import Spec, TitleSpec

__all__ = ["OF_TIME", "Aggregate", "BySpec", "CohortSpec", "CutoffsSpec", "FeaturesSpec", "SignalSpec", "TargetSpec"]

Aggregate = Literal[
    "count", "sum", "mean", "min", "max", "std", "last", "distinct", "active_days",
    "days_since_last", "days_since_first", "gap_mean", "gap_std", "trend", "share", "sessions", "streak", "decay",
    "last_2", "last_3", "days_to_second", "days_to_third",
]  # fmt: skip

OF_TIME = frozenset({"hour", "weekday"})
"""Categories that every event has, of its own time in UTC: features.by can divide a signal by them."""


class SignalSpec(Spec):
    """A named stream taken from the events by a filter and a value."""

    event_type: str
    """events it is taken from"""
    where: str | None = None
    """condition over the event's properties, such as department = 'GROCERY'"""
    value: str | None = None
    """property that is summed, averaged or counted as distinct"""
    title: TitleSpec = TitleSpec()
    """what reasons call it, such as {en: purchases, zh: 购买}; its own name when left out"""


class BySpec(Spec):
    """One feature for each frequent value of a category."""

    signal: str
    """signal that is divided by the category"""
    aggregate: Literal["count", "sum", "share"] = "sum"
    """what is computed for each value"""
    top: int = Field(default=10, ge=1, le=200)
    """how many values get features of their own; the rest is `other`"""
    windows: tuple[Duration, ...] | None = None
    """look-backs; the features' windows when left out"""


class FeaturesSpec(Spec):
    """Signals and what is computed from them."""

    windows: tuple[Duration, ...] = Field(min_length=1)
    """look-backs, each `[cutoff - window, cutoff)`"""
    burn_in: Duration | None = None
    """how long after the log's start the first cutoff stands; the longest window when left out"""
    signals: dict[str, SignalSpec] = Field(min_length=1)
    """named streams"""
    aggregates: dict[str, tuple[Aggregate, ...]]
    """what is computed of each signal"""
    by: dict[str, BySpec] = Field(default_factory=dict)
    """categories that divide a signal, by property; hour and weekday are there of themselves"""
    attributes: tuple[str, ...] = ()
    """attributes that are features; undated ones are reported as a leak risk"""

    @property
    def first_cutoff_after(self) -> Duration:
        """How long after the log's start the first cutoff may stand."""
        return self.burn_in or max(self.windows)


class CohortSpec(Spec):
    """Who is at risk at a cutoff, so who is trained on and scored."""

    event_type: str
    """an event the user must have done"""
    where: str | None = None
    """condition over that event's properties"""
    within: Duration | None = None
    """how long before the cutoff at most; ever, when left out"""


class TargetSpec(Spec):
    """The outcome: an event, its absence, a sum that reaches an amount; or a number, the sum itself or a count."""

    event_type: str | None = None
    """the event that is the outcome"""
    absent: str | None = None
    """the event whose absence is the outcome"""
    where: str | None = None
    """condition over that event's properties"""
    sum: str | None = None
    """number property of the event that is summed over the horizon"""
    at_least: float | None = None
    """the outcome is that the sum reaches this amount; without it, the sum is what is predicted"""
    count: bool = Field(default=False, exclude_if=lambda count: not count)
    """whether what is predicted is how often the event happens"""
    same: str | None = None
    """property that must be equal in the trigger and in the outcome"""
    horizon: Duration
    """how long the outcome may take: `[cutoff + gap, cutoff + gap + horizon)`"""
    gap: Duration = Duration(0)
    """time between the cutoff and the first instant that counts"""

    @property
    def event(self) -> str:
        """The event type the label reads."""
        return self.absent or self.event_type or ""

    @property
    def is_amount(self) -> bool:
        """Whether the outcome is a number, a sum or a count, and not yes or no."""
        return self.count or (self.sum is not None and self.at_least is None)


class CutoffsSpec(Spec):
    """The instants at which users are judged: on a calendar, or at each trigger event."""

    every: Duration | None = None
    """distance of calendar cutoffs"""
    on: str | None = None
    """event type that makes a cutoff of its own"""
    where: str | None = None
    """condition over the trigger's properties"""
    at: Duration = Duration(0)
    """how long after the trigger the cutoff stands, such as +2h"""
    known: tuple[str, ...] = ()
    """properties of the trigger that are features"""
