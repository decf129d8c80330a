"""The tables of the model card that tell when and where the model is weak, and what the gate says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from .backtest import Stretch
from .bootstrap import Interval
from .gate import Check, Verdict
from .segments import Segment

__all__ = ["bare", "cell", "days", "gate_view", "segments_view", "stretches_view"]

_NAMED = 2
_ENOUGH = 10
"""Rows of the rarer outcome without which a cutoff's AUC is no part of the heading."""
_OF_PARTS = ("rows", "came true", "chance given", "given for each that came", "average precision", "AUC")
_OF_CUTOFFS = ("judged as", "rows", "came true", "chance given", "average precision", "AUC")
_CHECKS = {"alarms": "alarms", "calibration": "calibration", "ranking": "against the champion"}


def segments_view(segments: Sequence[Segment]) -> dict[str, Any]:
    """The parts of the test, grouped by what divides them, under a heading that names the weakest."""
    groups = [
        {"by": by, "feature": feature, "rows": [_segment(one) for one in inside]}
        for (by, feature), inside in groupby(segments, key=lambda one: (one.by, one.feature))
    ]
    return {"finding": _weakest(segments), "columns": _OF_PARTS, "groups": groups}


def stretches_view(stretches: Sequence[Stretch]) -> dict[str, Any]:
    """The cutoffs, oldest first, under a heading that says how far they differ."""
    told = [one for one in stretches if min(one.positives, one.rows - one.positives) >= _ENOUGH]
    values = [one.auc.value for one in told if one.auc]
    count = f"{len(stretches)} cutoffs" if len(stretches) > 1 else "One cutoff"
    finding = f"{count}: AUC from {min(values):.3f} to {max(values):.3f}" if len(values) > 1 else "Cutoff by cutoff"
    return {"finding": finding, "columns": _OF_CUTOFFS, "rows": [_stretch(one) for one in stretches]}


def gate_view(verdict: Verdict) -> dict[str, Any]:
    """The checks of the gate, under a heading that says what they come to."""
    finding = "The gate lets it through" if verdict.passed else "The gate keeps it from being published"
    return {"finding": finding, "checks": list(_checks(verdict.checks))}


def _checks(checks: Sequence[Check]) -> Iterator[dict[str, str]]:
    for check in checks:
        word, style = {None: ("not asked", "none"), True: ("passed", "quiet"), False: ("refused", "raised")}[
            check.passed
        ]
        yield {"name": _CHECKS[check.name], "word": word, "style": style, "evidence": check.evidence}


def _segment(one: Segment) -> dict[str, Any]:
    plain = [f"{one.rows:,}", f"{one.rate:.1%}", f"{one.chance:.1%}"]
    measured = [cell(one.ratio, "{:.2f}"), cell(one.average_precision), cell(one.auc)]
    return {"value": one.value, "cells": [*map(bare, plain), *measured], "finding": one.finding}


def _weakest(segments: Sequence[Segment]) -> str:
    told = [one for one in segments if one.finding and one.auc]
    if not told:
        return "No part of the test stands out"
    named = ", ".join(f"{one.by} {one.value} ({one.finding})" for one in told[:_NAMED])
    return f"Weak in {len(told)} of {len(segments)} parts of the test: {named}{', …' if len(told) > _NAMED else ''}"


def _stretch(one: Stretch) -> dict[str, Any]:
    given = "–" if one.chance is None else f"{one.chance:.1%}"
    plain = [{"fold": "forward", "test": "test"}[one.kind], f"{one.rows:,}", f"{one.rate:.1%}", given]
    cells = [*map(bare, plain), cell(one.average_precision), cell(one.auc)]
    return {"cutoff": days(one.first, one.last), "cells": cells}


def days(first: str, last: str) -> str:
    """A cutoff's day, or the first and the last of several."""
    return " to ".join(dict.fromkeys((first[:10], last[:10])))


def bare(text: str) -> dict[str, str]:
    """A cell without an interval."""
    return {"point": text, "interval": ""}


def cell(interval: Interval | None, form: str = "{:.3f}") -> dict[str, str]:
    """A cell of a measure; a dash where it is undefined."""
    if interval is None:
        return bare("–")
    return {
        "point": form.format(interval.value),
        "interval": f"{form.format(interval.low)} to {form.format(interval.high)}",
    }
