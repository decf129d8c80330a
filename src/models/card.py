"""The model card: one page that a data scientist can defend and a marketer can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .card_parts import Shown, comparison, period_facts, rendered, said_of_choice, told_of
from .card_tables import gate_view, segments_view, stretches_view
from .gate import Verdict
from .judge import Judgement
from .plots import class_figure, gains_figure, importance_figure, lift_figure, reliability_figure, summary_figure, svg
from .season import shifts_of
from .train import Trained

__all__ = ["pictures_of", "render_card"]

_CALIBRATIONS = {
    "none": "Chances are the model's own: no calibration did better on later forward folds.",
    "platt": "Chances are calibrated by Platt's sigmoid, which did best on later forward folds.",
    "beta": "Chances are calibrated by a beta curve, which did best on later forward folds.",
    "isotonic": "Chances are calibrated by isotonic steps, which did best on later forward folds. Ranks ignore them.",
}
_MEASURES = {
    "average_precision": Shown("average precision", "{:.3f}".format, True),
    "auc": Shown("AUC", "{:.3f}".format, True),
    "lift_10": Shown("lift, top 10 %", "{:.2f}×".format, True),
    "log_loss": Shown("log-loss", "{:.4f}".format, False),
    "brier": Shown("Brier", "{:.4f}".format, False),
}


def render_card(trained: Trained, verdict: Verdict, lineage: Mapping[str, str], pictures: Mapping[str, str]) -> str:
    """The card as one HTML page that needs no other file.

    Args:
        verdict: what the gate says of it.
        lineage: where the training came from, by what people call it; hashes are welcome.
        pictures: those of `pictures_of`.
    """
    return rendered({**_view(trained, lineage), "gate": gate_view(verdict)}, pictures)


def pictures_of(trained: Trained) -> dict[str, str]:
    """The pictures of the card by name, as SVG, of what is published; beside its gains and lift stand the others'.

    They are gains, lift, reliability, classes, summary and importance.
    """
    labels = trained.ground.dataset.labels[trained.ground.split.test]
    published = trained.published
    scores = {one.name: one.margins for one in (published, trained.model, *trained.baselines.values())}
    figures = {
        "gains": gains_figure(labels, scores),
        "lift": lift_figure(labels, scores),
        "reliability": reliability_figure(trained.judgement.reliability[published.name], published.chances),
        "classes": class_figure(labels, published.chances),
        "summary": summary_figure(trained.sample),
        "importance": importance_figure(trained.sample),
    }
    return {name: svg(figure) for name, figure in figures.items()}


def _view(trained: Trained, lineage: Mapping[str, str]) -> dict[str, Any]:
    tuned = trained.tuned
    return {
        **told_of(trained, lineage, None if tuned is None else (tuned.trials, tuned.pruned)),
        "published": _published(trained),
        "calibrated": "calibration",
        "facts": list(_facts(trained.judgement, trained.published.name)),
        "comparison": comparison(trained.judgement, _MEASURES, "average precision"),
        "segments": segments_view(trained.segments),
        "backtest": stretches_view(trained.backtest),
        "shift": trained.shift.sentence,
        "pictures": [
            [("gains", ""), ("lift", "")],
            [
                ("reliability", f"{_CALIBRATIONS[trained.published.calibration.form]}{_season(trained)}"),
                ("classes", ""),
            ],
        ],
    }


def _published(trained: Trained) -> str:
    kind = None if trained.tuned is None else trained.model.fitting.kind
    return said_of_choice(trained.choice, kind, "ranked best", "average precision")


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
        yield from period_facts(name, period)
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
