"""What the project file says of facts that events tell."""

from __future__ import annotations

from pydantic import Field

from ..quantities import Duration
from ..specs import Spec

__all__ = ["EndSpec", "FavouriteSpec"]


class EndSpec(Spec):
    """The first or the last event of a signal."""

    signal: str
    """the signal whose event it is"""
    show: str | None = None
    """property of the event, where it has one; the event's day, in UTC, when left out"""


class FavouriteSpec(Spec):
    """The values of a category that most of a signal goes to: the sum of its number, else how many events."""

    property: str
    """category whose values are ranked, such as department; hour and weekday are there of themselves"""
    signal: str
    """signal that is divided among them"""
    top: int = Field(default=1, ge=1, le=20)
    """how many values are shown, the largest first"""
    within: Duration | None = None
    """how long before the instant its events may lie; ever, when left out"""
