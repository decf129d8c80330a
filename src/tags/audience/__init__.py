"""Audiences: users who are meant together, counted and listed from what tags say of them at this moment."""

from .condition import Condition, compiled
from .counting import Count, Overlap, Preview, count, overlap, preview
from .members import members
from .spec import AudienceSpec

__all__ = [
    "AudienceSpec",
    "Condition",
    "Count",
    "Overlap",
    "Preview",
    "compiled",
    "count",
    "members",
    "overlap",
    "preview",
]
