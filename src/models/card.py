"""The model card: one page that a data scientist can defend and a marketer can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

import jinja2
import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from .alarms import Alarm
from .bootstrap import Interval
from .card_tables import gate_view, segments_view, stretches_view
from .gate import Verdict
from .judge import Judgement, Period
from .plots import (
    GRID,
    INK,
    MUTED,
    class_figure,
    gains_figure,
    importance_figure,
    lift_figure,
    reliability_figure,
    summary_figure,
    svg,
)
from .season import shifts_of
from .table import plan_of
from .train import Trained

__all__ = ["figures_of", "render_card"]

_DRIVERS = 8
_NAMES = {"rfm": "regression on RFM", "recency": "rule: recency", "frequency": "rule: frequency"}
_CALIBRATIONS = {
    "none": "Chances are the model's own: no calibration did better on later forward folds.",
    "platt": "Chances are calibrated by Platt's sigmoid, which did best on later forward folds.",
    "beta": "Chances are calibrated by a beta curve, which did best on later forward folds.",
    "isotonic": "Chances are calibrated by isotonic steps, which did best on later forward folds. Ranks ignore them.",
}
_FORMS = {"forest": "gradient-boosted trees", "linear": "a regularised logistic regression"}


class _Shown(NamedTuple):
    """How a measure is shown, and whether more or less of it is better."""

    title: str
    text: Callable[[float], str]
    more_is_better: bool


_MEASURES = {
    "average_precision": _Shown("average precision", "{:.3f}".format, True),
    "auc": _Shown("AUC", "{:.3f}".format, True),
    "lift_10": _Shown("lift, top 10 %", "{:.2f}×".format, True),
    "log_loss": _Shown("log-loss", "{:.4f}".format, False),
    "brier": _Shown("Brier", "{:.4f}".format, False),
}


def render_card(trained: Trained, verdict: Verdict, lineage: Mapping[str, str], figures: Mapping[str, Figure]) -> str:
    """The card as one HTML page that needs no other file.

    Args:
        verdict: what the gate says of it.
        lineage: where the training came from, by what people call it; hashes are welcome.
        figures: the pictures of `figures_of`.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(files(__package__).joinpath("templates/card.html").read_text("utf-8"))
    return template.render(
        **_view(trained, lineage),
        gate=gate_view(verdict),
        figures={name: _inline(one) for name, one in figures.items()},
    )


def figures_of(trained: Trained) -> dict[str, Figure]:
    """The pictures of the card by name: gains, lift, reliability, classes, summary and importance of what is published.

    Beside its gains and lift stand those of the others.
    """
    labels = trained.ground.dataset.labels[trained.ground.split.test]
    published = trained.published
    scores = {one.name: one.margins for one in (published, trained.model, *trained.baselines.values())}
    return {
        "gains": gains_figure(labels, scores),
        "lift": lift_figure(labels, scores),
        "reliability": reliability_figure(trained.judgement.reliability[published.name], published.chances),
        "classes": class_figure(labels, published.chances),
        "summary": summary_figure(trained.sample),
        "importance": importance_figure(trained.sample),
    }


def _inline(figure: Figure) -> Markup:
    """The picture in the page's own colours, light or dark. Its texts are escaped by matplotlib."""
    text = svg(figure)
    for colour, name in ((INK, "ink"), (MUTED, "muted"), (GRID, "grid")):
        text = text.replace(colour, f"var(--{name})")
    return Markup(text)  # noqa: S704


def _view(trained: Trained, lineage: Mapping[str, str]) -> dict[str, Any]:
    subject = trained.subject
    return {
        "tag": subject.tag,
        "title": subject.title or subject.tag,
        "title_zh": subject.title_zh,
        "description": subject.description,
        "grade": {"letter": trained.judgement.grade.letter, "sentence": trained.judgement.grade.en},
        "published": _published(trained),
        "refit": (
            "What is judged here is the recipe, fitted on the training rows. What is published is the same recipe, its "
            "settings frozen, fitted again on all mature rows, with the calibration of the forward scores."
        ),
        "facts": list(_facts(trained.judgement, trained.published.name)),
        "comparison": _comparison(trained.judgement),
        "drivers": list(_drivers(trained)),
        "segments": segments_view(trained.segments),
        "backtest": stretches_view(trained.backtest),
        "shift": trained.shift.sentence,
        "calibration": f"{_CALIBRATIONS[trained.published.calibration.form]}{_season(trained)}",
        "alarms": [_alarm(alarm) for alarm in trained.alarms],
        "alarm_finding": _alarm_finding(trained.alarms),
        "is_leaking": any(alarm.raised and alarm.is_leak for alarm in trained.alarms),
        "recipe": f"{trained.recipe.sentence[0].upper()}{trained.recipe.sentence[1:]}.",
        "settings": _settings(trained),
        "lineage": list(lineage.items()),
    }


def _published(trained: Trained) -> str:
    name = _NAMES[trained.choice.rule].removeprefix("rule: ")
    if trained.tuned is None:
        return f"Published is the rule, {name}: it ranked best on the forward folds."
    value, low, high = trained.choice.together
    gain = f"{value:+.1%} average precision ({low:+.1%} to {high:+.1%})"
    if trained.choice.is_model:
        form = _FORMS[trained.model.fitting.form]
        return (
            f"Published is the model: {form}. Over the forward folds and the test together it has {gain} against the "
            f"rule that was best before the test, {name}."
        )
    return (
        f"Published is the rule, {name}: it ranked best of all rules on the forward folds. Against it, over these and "
        f"the test together, the model has {gain}."
    )


def _season(trained: Trained) -> str:
    """What the season did to the chances of the test; nothing where there is none."""
    published, ground = trained.published, trained.ground
    moved = shifts_of(published.calibration.season, ground.dataset.cutoffs[ground.split.test])
    if not moved.any():
        return ""
    unmoved = float(published.calibration.probability(published.margins).mean())
    change = float(published.chances.mean()) / unmoved - 1.0
    often, way = ("more", "raised") if change > 0 else ("less", "lowered")
    return (
        f" They follow the season: at the same time of the year before, the outcome came {often} often than the "
        f"features explain, so the chances of the test were {way} by {abs(change):.0%}."
    )


def _facts(judgement: Judgement, published: str) -> Iterator[dict[str, str]]:
    for name, period in (("training", judgement.train), ("test", judgement.test)):
        yield from _period_facts(name, period)
    error = judgement.calibration_error[published]
    yield {
        "name": "chances are off by",
        "value": f"{100 * error.value:.1f} points",
        "note": f"{100 * error.low:.1f} to {100 * error.high:.1f} with its interval; perfect chances, by luck: "
        f"{100 * error.perfect:.1f}, up to {100 * error.perfect_high:.1f}",
    }
    loss = judgement.measures[published]["log_loss"].value
    yield {
        "name": "log-loss",
        "value": f"{loss:.4f}",
        "note": f"{judgement.base['log_loss']:.4f} if everybody were given the test's rate",
    }
    ratio = judgement.measures[published]["mean_ratio"]
    yield {
        "name": "expected for each that came",
        "value": f"{ratio.value:.2f}",
        "note": f"{ratio.low:.2f} to {ratio.high:.2f} with its interval",
    }


def _period_facts(name: str, period: Period) -> Iterator[dict[str, str]]:
    note = f"cutoffs {period.first[:10]} to {period.last[:10]}"
    yield {"name": f"{name} rows", "value": f"{period.rows:,}", "note": note}
    note = f"{period.positive_users:,} users, {period.rate:.1%} of rows"
    yield {"name": f"with the outcome, {name}", "value": f"{period.positives:,}", "note": note}


def _comparison(judgement: Judgement) -> dict[str, Any]:
    rows = [
        {"name": _NAMES.get(name, name), "cells": [_cell(judgement, name, measure) for measure in _MEASURES]}
        for name in judgement.measures
    ]
    value, low, high = judgement.gain.interval
    over = _NAMES.get(judgement.gain.rule, judgement.gain.rule)
    finding = f"{value:+.1%} average precision over the best of the others, {over} ({low:+.1%} to {high:+.1%})"
    titles = [how.title for how in _MEASURES.values()]
    return {"finding": finding, "metrics": titles, "rows": rows, "bootstraps": f"{judgement.bootstraps:,}"}


def _cell(judgement: Judgement, name: str, measure: str) -> dict[str, Any]:
    found: Interval = judgement.measures[name][measure]
    how = _MEASURES[measure]
    values = [one[measure].value for one in judgement.measures.values()]
    best = max(values) if how.more_is_better else min(values)
    interval = f"{how.text(found.low)} to {how.text(found.high)}"
    return {"point": how.text(found.value), "interval": interval, "is_best": found.value == best}


def _drivers(trained: Trained) -> Iterator[dict[str, str]]:
    strength = np.abs(trained.sample.values).mean(axis=0)
    features = trained.ground.plan(trained.published.fitting).features
    for at in np.argsort(-strength, kind="stable")[:_DRIVERS]:
        if strength[at] > 0:
            share = f"{strength[at] / strength.sum():.0%}"
            yield {"share": share, "name": features[at].name, "sentence": features[at].sentence("en")}


def _alarm(alarm: Alarm) -> dict[str, str]:
    word, style = {None: ("not asked", "none"), False: ("quiet", "quiet")}.get(
        alarm.raised, ("alarm", "raised") if alarm.is_leak else ("warning", "warned")
    )
    return {"name": alarm.name, "word": word, "style": style, "evidence": alarm.evidence}


def _alarm_finding(alarms: tuple[Alarm, ...]) -> str:
    raised = [alarm for alarm in alarms if alarm.raised]
    leaks = sum(alarm.is_leak for alarm in raised)
    if not raised:
        return "No alarm is raised"
    return (
        f"{leaks} of {len(alarms)} alarms point to a leak" if leaks else f"{len(raised)} warning, and no sign of a leak"
    )


def _settings(trained: Trained) -> str:
    fitting = trained.published.fitting
    values = [
        f"{key} = {value:.4g}" if isinstance(value, float) else f"{key} = {value}"
        for key, value in fitting.params.items()
        if key != "monotone"
    ]
    rounds = [f"rounds = {fitting.rounds}"] if fitting.rounds else []
    trials = [] if trained.tuned is None else [f"trials = {trained.tuned.trials} ({trained.tuned.pruned} pruned)"]
    offered = len(plan_of(trained.ground.dataset, fitting.source).names)
    features = [f"features = {len(fitting.names)} of {offered}"]
    return ", ".join([*values, *rounds, *features, *trials, f"seed = {fitting.seed}"])
