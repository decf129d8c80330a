"""What the project file says of training."""

from __future__ import annotations

from pydantic import Field

from ..quantities import Share
from ..specs import Spec
from .monotone import Way

__all__ = ["GateSpec", "TrainingSpec"]


class GateSpec(Spec):
    """When a challenger may become champion."""

    accept_alarms: tuple[str, ...] = ()
    """alarms that are known and accepted, by name"""
    max_loss: Share = Share.parse("2%")
    """how much average precision, or of amounts deviance, a challenger may lose against the champion's recipe"""
    worst_loss: Share = Share.parse("10%")
    """how large a loss the 95 % interval of that difference may leave room for"""
    max_miscalibration: Share = Share.parse("2%")
    """by how much more than luck explains chances may be off, unless the champion's are off as far"""
    max_total_off: Share = Share.parse("20%")
    """how far all that was expected may lie from all that came where amounts are learned, with its whole interval"""


class TrainingSpec(Spec):
    """How models are searched, judged and let through."""

    trials: int = Field(default=10, ge=1)
    """hyper-parameter settings tried"""
    minutes: float | None = Field(default=None, gt=0)
    """after which no other setting is tried; unlimited when left out"""
    folds: int = Field(default=3, ge=1, le=10)
    """forward validation periods each setting is judged on"""
    bootstraps: int = Field(default=1000, ge=100)
    """resamplings of users behind each interval"""
    seed: int = 7
    """seed of everything random"""
    threads: int = Field(default=1, ge=1)
    """threads of one LightGBM training"""
    selection: bool = True
    """whether fewer features are tried, and kept where they did better on every forward fold"""
    monotone: dict[str, Way] = Field(default_factory=dict)
    """the way in which a feature, or what a signal amounts to, may move the score: rising or falling"""
    segments: tuple[str, ...] = ()
    """features by whose values the card shows the test apart, beside tenure and activity; the first category if none"""
    gate: GateSpec = GateSpec()
    """the written test between challenger and champion"""
