"""What makes a model look better than it is: each suspicion a sentence, and some of them a stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Alarm", "Kind", "Outcomes", "Suspect", "alarms_of", "alarms_of_amounts", "blocking"]

Kind = Literal["history", "attribute", "undated", "trigger"]

_TOP = 10
_HALF = 0.5
_FIFTH = 0.2
_AUC = 0.95
_LUCK = 1e-6
_HONEST_ODDS = 10.0
"""What a feature of the history may multiply the odds by that a rule gives, before its purity is suspicious."""

_RARELY = 1e-3
"""The chance, at most, of a silence that is told; and how likely a cutoff is taken to be silent where none was."""

Floats = npt.NDArray[np.float64]


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
    """A column under suspicion: its kind, its part of what moves the score, and what its values are like.

    `share` is from 0 to 1. `codes` (n_rows,) float, NaN where missing: a category's own, and of a number 0 for
    nothing and 1 for anything else. `signal` is named where nothing in it means that no event came lately.
    """

    name: str
    kind: Kind
    share: float
    codes: npt.NDArray[np.float32] | None = None
    signal: str = ""


@dataclass(frozen=True)
class Outcomes:
    """Rows in the order of time: their `labels` and `cutoffs` (n_rows,), and the chance `expected` by the best rule.

    Rows that the rule was fitted on have NaN: they tell nothing of what was to be expected.
    """

    labels: npt.NDArray[np.int8]
    cutoffs: npt.NDArray[np.int64]
    expected: Floats


def alarms_of(
    auc: float, ratio: tuple[float, float], suspects: Sequence[Suspect], outcomes: Outcomes
) -> tuple[Alarm, ...]:
    """Every alarm, raised or not.

    Args:
        auc: of the model on the test.
        ratio: the 95 % interval of mean chance over observed rate on the test.
        suspects: the columns the model reads.
        outcomes: what came of the rows of the suspects' codes.
    """
    return (
        _too_good(auc, f"AUC {auc:.3f} on the test", "outcome"),
        _one_property(suspects),
        _one_feature(suspects),
        _off_the_base_rate(ratio, "chances"),
        _only_in_positives(suspects, outcomes),
        _undated(suspects),
        _silent(suspects, outcomes.cutoffs),
    )


def alarms_of_amounts(
    gini: float, ratio: tuple[float, float], suspects: Sequence[Suspect], cutoffs: npt.NDArray[np.int64]
) -> tuple[Alarm, ...]:
    """Every alarm about a model of amounts; whether a value is pure is a question of chances alone.

    Args:
        gini: of the model on the test, normalised.
        ratio: the 95 % interval of all that was expected over all that came, on the test.
        cutoffs: of the rows of the suspects' codes, in their order.
    """
    return (
        _too_good(gini, f"Gini {gini:.3f} of the best there could be on the test", "amount"),
        _one_property(suspects),
        _one_feature(suspects),
        _off_the_base_rate(ratio, "amounts"),
        _undated(suspects),
        _silent(suspects, cutoffs),
    )


def blocking(alarms: Sequence[Alarm], accepted: Sequence[str]) -> tuple[Alarm, ...]:
    """The raised leaks that the project file does not accept by name."""
    return tuple(one for one in alarms if one.raised and one.is_leak and one.name not in accepted)


def _too_good(value: float, found: str, known: str) -> Alarm:
    raised = value > _AUC
    evidence = (
        f"{found}: above {_AUC:g} a feature usually knows the {known}" if raised else f"{found}, not above {_AUC:g}"
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


def _off_the_base_rate(ratio: tuple[float, float], what: str) -> Alarm:
    low, high = ratio
    raised = high < 1 - _FIFTH or low > 1 + _FIFTH
    evidence = f"{what} add up to {low:.2f} to {high:.2f} times what happened (95 % interval)"
    return Alarm("off_base_rate", raised, evidence, is_leak=False)


def _only_in_positives(suspects: Sequence[Suspect], outcomes: Outcomes) -> Alarm:
    told = [(one.name, one.codes, one.kind) for one in suspects if one.codes is not None]
    if not told:
        return Alarm("only_positives", None, "no values of the columns are at hand", is_leak=True)
    found = [
        f"{name} ({rows:,} rows)"
        for name, codes, kind in told
        for rows in _pure_rows(codes, outcomes, _HONEST_ODDS if kind == "history" else 1.0)
    ]
    evidence = f"a value that always came with the outcome: {', '.join(found)}" if found else "no value is pure"
    return Alarm("only_positives", bool(found), evidence, is_leak=True)


def _pure_rows(codes: npt.NDArray[np.float32], outcomes: Outcomes, honest_odds: float) -> Iterator[int]:
    """Row counts of values, missing among them, that only positives have and that luck does not explain."""
    judged = ~np.isnan(outcomes.expected)
    values = np.where(np.isnan(codes), -1, codes)[judged].astype(np.int64) + 1
    expected = outcomes.expected[judged]
    odds = honest_odds * expected
    luck = np.log(np.clip(odds / (odds + 1.0 - expected), 1e-12, 1.0))
    rows, positives = np.bincount(values), np.bincount(values, weights=outcomes.labels[judged])
    for count, hits, lucky in zip(
        rows.tolist(), positives.tolist(), np.bincount(values, weights=luck).tolist(), strict=True
    ):
        if count and hits == count and lucky < np.log(_LUCK):
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


def _silent(suspects: Sequence[Suspect], cutoffs: npt.NDArray[np.int64]) -> Alarm:
    """Signals whose events stop, or begin, in the middle of the rows; what is not delivered stands as nothing."""
    signals = dict.fromkeys(one.signal for one in suspects if one.signal and one.codes is not None)
    if not signals:
        return Alarm("silent_signal", None, "the model reads no window of the history", is_leak=False)
    found = [f"{signal} {where}" for signal in signals for where in _silences(_active(signal, suspects), cutoffs)]
    if not found:
        return Alarm("silent_signal", False, "every signal has events from the first cutoff to the last", is_leak=False)
    mend = "what was not delivered counts as nothing; set burn_in so that cutoffs begin later, or mend the source"
    return Alarm("silent_signal", True, f"{'; '.join(found)}: {mend}", is_leak=False)


def _active(signal: str, suspects: Sequence[Suspect]) -> npt.NDArray[np.bool_]:
    columns = [one.codes for one in suspects if one.signal == signal and one.codes is not None]
    active: npt.NDArray[np.bool_] = np.any([(column != 0) & ~np.isnan(column) for column in columns], axis=0)
    return active


def _silences(is_active: npt.NDArray[np.bool_], cutoffs: npt.NDArray[np.int64]) -> Iterator[str]:
    """Which end of the cutoffs has nothing, where at the rate of the cutoffs between luck does not explain it.

    Cutoffs are counted, not rows: those of one cutoff share the days before it.
    """
    instants, place = np.unique(cutoffs, return_inverse=True)
    is_told = np.bincount(place, weights=is_active, minlength=len(instants)) > 0
    if not is_told.any():
        return
    first, last = np.flatnonzero(is_told)[[0, -1]].tolist()
    silent = min(max(1.0 - float(is_told[first : last + 1].mean()), _RARELY), 1.0)
    for count, end in ((first, "first"), (len(instants) - 1 - last, "last")):
        if count and silent**count <= _RARELY:
            yield f"has no event at the {end} {count:,} of {len(instants):,} cutoffs"
