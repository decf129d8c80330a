"""The model card of a tag that foretells amounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from ..card_parts import Shown, comparison, period_facts, rendered, said_of_choice, told_of
from ..card_tables import bare, cell, days, gate_view
from ..gate import Verdict
from ..plots import gains_figure, importance_figure, summary_figure, svg
from .estimate import amounts_of
from .judge import ValueJudgement
from .plots import bounds_figure, levels_figure, spread_figure
from .train import ValueTrained
from .weakness import ValueSegment, ValueStretch

__all__ = ["pictures_of_amounts", "render_card_of_amounts"]

_MEASURES = {
    "deviance": Shown("deviance", "{:,.4g}".format, False),
    "gini": Shown("Gini", "{:.3f}".format, True),
    "share_10": Shown("held by top 10 %", "{:.1%}".format, True),
    "mean_absolute_error": Shown("mean error", "{:,.4g}".format, False),
    "total_ratio": Shown("expected : came", "{:.2f}".format, None),
    "under_low": Shown("below P10", "{:.1%}".format, None),
    "under_high": Shown("up to P90", "{:.1%}".format, None),
}
_VALUATIONS = {
    "power": "Scores become amounts by a straight line between logarithms, which did best on later forward folds.",
    "linear": "Scores become amounts by a straight line, which did best on later forward folds.",
    "isotonic": "Scores become amounts by isotonic steps, which did best on later forward folds. Ranks ignore them.",
}
_BOUNDS = "Bounds come from how far out-of-fold expectations of like size were missed before the test."
_OF_PARTS = ("rows", "with an amount", "came, mean", "expected, mean", "expected for 1 that came", "Gini")
_OF_CUTOFFS = ("judged as", "rows", "with an amount", "came, mean", "expected, mean", "held by top 10 %", "Gini")


def render_card_of_amounts(
    trained: ValueTrained, verdict: Verdict, lineage: Mapping[str, str], pictures: Mapping[str, str]
) -> str:
    """The card as one HTML page that needs no other file; the arguments are those of `card.render_card`."""
    return rendered({**_view(trained, lineage), "gate": gate_view(verdict)}, pictures)


def pictures_of_amounts(trained: ValueTrained) -> dict[str, str]:
    """The pictures of the card by name, as SVG, of what is published; beside its gains stand the others'.

    They are gains, spread, levels, bounds, summary and importance.
    """
    published, amounts = trained.published, amounts_of(trained.ground, trained.ground.split.test)
    scores = {one.name: one.margins for one in (published, trained.model, *trained.rules.values())}
    groups, measures = trained.judgement.groups[published.name], trained.judgement.measures[published.name]
    figures = {
        "gains": gains_figure(amounts, scores, "amounts"),
        "spread": spread_figure(amounts, published.expected),
        "levels": levels_figure(groups),
        "bounds": bounds_figure(groups, measures["under_high"].value - measures["under_low"].value),
        "summary": summary_figure(trained.sample),
        "importance": importance_figure(trained.sample),
    }
    return {name: svg(figure) for name, figure in figures.items()}


def _view(trained: ValueTrained, lineage: Mapping[str, str]) -> dict[str, Any]:
    found = trained.found
    return {
        **told_of(trained, lineage, None if found is None else (found.trials, found.pruned)),
        "published": _published(trained),
        "calibrated": "valuation and the bounds",
        "facts": list(_facts(trained.judgement, trained.published.name)),
        "comparison": comparison(trained.judgement, _MEASURES, "deviance saved"),
        "segments": {"finding": _weakest(trained.segments), "columns": _OF_PARTS, "groups": _groups(trained.segments)},
        "backtest": {
            "finding": "Cutoff by cutoff",
            "columns": _OF_CUTOFFS,
            "rows": [_stretch(one) for one in trained.backtest],
        },
        "shift": "",
        "pictures": [
            [("gains", ""), ("spread", "")],
            [("levels", _VALUATIONS[trained.published.calibration.form]), ("bounds", _BOUNDS)],
        ],
    }


def _published(trained: ValueTrained) -> str:
    found, kind = trained.found, None if trained.found is None else trained.model.fitting.kind
    told = said_of_choice(trained.choice, kind, "lost least", "deviance saved")
    if found is None:
        return told
    losses = ", ".join(f"{way} {loss:,.4g}" for way, loss in found.losses.items())
    return (
        f"{told} Deviance forward in time, each way by itself: {losses}; the model is of {', '.join(found.averaged)}."
    )


def _facts(judgement: ValueJudgement, published: str) -> Iterator[dict[str, str]]:
    for name, period in (("training", judgement.train), ("test", judgement.test)):
        yield from period_facts(name, period)
    measures = judgement.measures[published]
    names = ("total_ratio", "under_low", "under_median", "under_high")
    ratio, low, median, high = (measures[name] for name in names)
    yield {
        "name": "came in all",
        "value": f"{judgement.came:,.0f}",
        "note": f"{judgement.came * ratio.value:,.0f} was expected: {ratio.value:.2f} for 1 "
        f"({ratio.low:.2f} to {ratio.high:.2f} with its interval)",
    }
    yield {
        "name": "between their bounds",
        "value": f"{high.value - low.value:.1%}",
        "note": f"{low.value:.1%} below P10, {median.value:.1%} up to P50, {high.value:.1%} up to P90",
    }
    yield {
        "name": "deviance",
        "value": f"{measures['deviance'].value:,.4g}",
        "note": f"{judgement.base:,.4g} if everybody were given the mean of the test",
    }


def _weakest(segments: Sequence[ValueSegment]) -> str:
    told = [f"{one.by} {one.value} ({one.finding})" for one in segments if one.finding]
    if not told:
        return "No part of the test stands out"
    return f"Weak in {len(told)} of {len(segments)} parts of the test: {', '.join(told[:2])}{', …' if told[2:] else ''}"


def _groups(segments: Sequence[ValueSegment]) -> list[dict[str, Any]]:
    return [
        {"by": by, "feature": feature, "rows": [_segment(one) for one in inside]}
        for (by, feature), inside in groupby(segments, key=lambda one: (one.by, one.feature))
    ]


def _segment(one: ValueSegment) -> dict[str, Any]:
    plain = [f"{one.rows:,}", f"{one.positives / one.rows:.1%}", f"{one.came:,.4g}", f"{one.expected:,.4g}"]
    cells = [*map(bare, plain), cell(one.ratio, "{:.2f}"), cell(one.gini)]
    return {"value": one.value, "cells": cells, "finding": one.finding}


def _stretch(one: ValueStretch) -> dict[str, Any]:
    given = "–" if one.expected is None else f"{one.expected:,.4g}"
    kind = {"fold": "forward", "test": "test"}[one.kind]
    plain = [kind, f"{one.rows:,}", f"{one.positives / one.rows:.1%}", f"{one.came:,.4g}", given]
    cells = [*map(bare, plain), cell(one.share_10, "{:.1%}"), cell(one.gini)]
    return {"cutoff": days(one.first, one.last), "cells": cells}
