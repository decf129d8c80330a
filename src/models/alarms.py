"""What makes a model look better than it is: each suspicion a sentence, and some of them a stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Alarm", "Kind", "Suspect", "alarms_of", "blocking"]

Kind = Literal["history", "attribute", "undated", "trigger"]

_TOP = 10
_HALF = 0.5
_FIFTH = 0.2
_AUC = 0.95
_LUCK = 1e-6


@dataclass(frozen=True)
class Alarm:
    """A suspicion: `raised` is None where it does not apply; a raised leak keeps a model from being published."""

    name: str
    raised: bool | None
    evidence: str
    is_leak: bool

    def as_dict(self) -> dict[str, Any]:
        """The alarm as JSON holds it."""
        return {"name": self.name, "raised": self.raised, "evidence": self.evidence, "is_leak": self.is_leak}


@dataclass(frozen=True)
class Suspect:
    """A column under suspicion: its kind, its part of what moves the score, and its values where they are codes.

    `share` is from 0 to 1. `codes` (n_rows,) float, NaN where missing, is None for numbers.
    """

    name: str
    kind: Kind
    share: float
    codes: npt.NDArray[np.float32] | None = None


def alarms_of(
    auc: float, ratio: tuple[float, float], suspects: Sequence[Suspect], labels: npt.NDArray[np.int8]
) -> tuple[Alarm, ...]:
    """Every alarm, raised or not.

    Args:
        auc: of the model on the test.
        ratio: the 95 % interval of mean chance over observed rate on the test.
        suspects: the columns the model reads.
        labels: the outcomes `(n_rows,)` beside the suspects' codes.
    """
    return (
        _too_good(auc),
        _one_property(suspects),
        _one_feature(suspects),
        _off_the_base_rate(ratio),
        _only_in_positives(suspects, labels),
        _undated(suspects),
    )


def blocking(alarms: Sequence[Alarm], accepted: Sequence[str]) -> tuple[Alarm, ...]:
    """The raised leaks that the project file does not accept by name."""
    return tuple(one for one in alarms if one.raised and one.is_leak and one.name not in accepted)


def _too_good(auc: float) -> Alarm:
    raised = auc > _AUC
    found = f"AUC {auc:.3f} on the test"
    evidence = (
        f"{found}: above {_AUC:g} a feature usually knows the outcome" if raised else f"{found}, not above {_AUC:g}"
    )
    return Alarm("too_good", raised, evidence, is_leak=True)


def _one_property(suspects: Sequence[Suspect]) -> Alarm:
    told = [one for one in suspects if one.kind != "history"]
    if not told:
        return Alarm("one_property", None, "the model reads no attribute and no property of a trigger", is_leak=True)
    top = max(told, key=lambda one: one.share)
    evidence = f"{top.name} makes {top.share:.0%} of what moves the score, the most of all attributes and properties"
    return Alarm("one_property", top.share > _HALF, evidence, is_leak=True)


def _one_feature(suspects: Sequence[Suspect]) -> Alarm:
    history = [one for one in suspects if one.kind == "history"]
    if not history:
        return Alarm("one_feature", None, "the model reads no feature of the history", is_leak=False)
    top = max(history, key=lambda one: one.share)
    evidence = f"{top.name} makes {top.share:.0%} of what moves the score"
    return Alarm("one_feature", top.share > _HALF, evidence, is_leak=False)


def _off_the_base_rate(ratio: tuple[float, float]) -> Alarm:
    low, high = ratio
    raised = high < 1 - _FIFTH or low > 1 + _FIFTH
    evidence = f"chances add up to {low:.2f} to {high:.2f} times what happened (95 % interval)"
    return Alarm("off_base_rate", raised, evidence, is_leak=False)


def _only_in_positives(suspects: Sequence[Suspect], labels: npt.NDArray[np.int8]) -> Alarm:
    told = [one for one in suspects if one.kind != "history" and one.codes is not None]
    if not told:
        return Alarm("only_positives", None, "the model reads no category of an attribute or trigger", is_leak=True)
    found = [f"{one.name} ({rows} rows)" for one in told for rows in _pure_rows(one, labels)]
    evidence = f"a value that always came with the outcome: {', '.join(found)}" if found else "no category is pure"
    return Alarm("only_positives", bool(found), evidence, is_leak=True)


def _pure_rows(suspect: Suspect, labels: npt.NDArray[np.int8]) -> Iterator[int]:
    """Row counts of values, missing among them, that only positives have and that luck does not explain."""
    if suspect.codes is None:
        return
    values = np.where(np.isnan(suspect.codes), -1, suspect.codes).astype(np.int64) + 1
    rows, positives = np.bincount(values), np.bincount(values, weights=labels)
    rate = float(labels.mean())
    for count, hits in zip(rows.tolist(), positives.tolist(), strict=True):
        if count and hits == count and rate**count < _LUCK:
            yield count


def _undated(suspects: Sequence[Suspect]) -> Alarm:
    undated = [one for one in suspects if one.kind == "undated"]
    if not undated:
        return Alarm("undated_attribute", None, "the model reads no undated attribute", is_leak=True)
    ranked = sorted(suspects, key=lambda one: -one.share)[:_TOP]
    found = [one.name for one in ranked if one.kind == "undated" and one.share > 0]
    if not found:
        return Alarm("undated_attribute", False, f"none is among the {_TOP} that move the score most", is_leak=True)
    evidence = f"{', '.join(found)}: nobody can tell whether it was known at the cutoff; give it a valid_from"
    return Alarm("undated_attribute", True, evidence, is_leak=True)
