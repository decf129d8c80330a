"""Audiences: users who are meant together, counted and listed from what tags say of them at this moment."""

from ..audience_spec import AudienceSpec
from .breakdown import Breakdown, Slice, breakdown, breakdowns
from .condition import Condition, compiled, members_text
from .counting import Count, Overlap, Preview, count, overlap, preview
from .listing import Audience, audience, audiences
from .live import LiveAnswers
from .members import draws_of, matching, members
from .outcomes import Expected, expected
from .power import Power, power
from .prospects import power_of

__all__ = [
    "Audience",
    "AudienceSpec",
    "Breakdown",
    "Condition",
    "Count",
    "Expected",
    "LiveAnswers",
    "Overlap",
    "Power",
    "Preview",
    "Slice",
    "audience",
    "audiences",
    "breakdown",
    "breakdowns",
    "compiled",
    "count",
    "draws_of",
    "expected",
    "matching",
    "members",
    "members_text",
    "overlap",
    "power",
    "power_of",
    "preview",
]
