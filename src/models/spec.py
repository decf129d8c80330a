"""What the project file says of training."""

from __future__ import annotations

from pydantic import Field

from ..quantities import Share
from ..specs import Spec

__all__ = ["GateSpec", "TrainingSpec"]


class GateSpec(Spec):
    """When a challenger may become champion."""

    accept_alarms: tuple[str, ...] = ()
    """alarms that are known and accepted, by name"""
    max_loss: Share = Share.parse("2%")
    """how much average precision a challenger may lose against the champion's recipe"""


class TrainingSpec(Spec):
    """How models are searched, judged and let through."""

    trials: int = Field(default=30, ge=1)
    """hyper-parameter settings tried"""
    folds: int = Field(default=3, ge=1, le=10)
    """forward validation periods each setting is judged on"""
    bootstraps: int = Field(default=1000, ge=100)
    """resamplings of users behind each interval"""
    seed: int = 7
    """seed of everything random"""
    threads: int = Field(default=1, ge=1)
    """threads of one LightGBM training"""
    gate: GateSpec = GateSpec()
    """the written test between challenger and champion"""
