"""What the project file says of the scores that rules compare users by."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..specs import Spec

__all__ = ["ScoreSpec"]


class ScoreSpec(Spec):
    """A feature as a score from 1 to `parts`, by how large a part of the rule's cohort does worse."""

    of: str
    """the feature that users are compared by, such as spend_sum_84d"""
    best: Literal["high", "low"] = "high"
    """which end of it is good; of days since the last purchase, low"""
    parts: int = Field(default=5, ge=2, le=100)
    """how many scores there are: 5 makes quintiles, the best 5"""
