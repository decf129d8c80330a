"""What is kept of a training: numbers for the registry, and files that tell the whole story."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .card import figures_of, render_card
from .gate import Verdict
from .plots import png
from .registry import Record
from .train import Trained

__all__ = ["record_of"]


def record_of(trained: Trained, verdict: Verdict, lineage: Mapping[str, str], config: str) -> Record:
    """The record of a training: its settings, measures, pictures, card, evaluation and the text it was declared in.

    Args:
        lineage: where the data came from, by what people call it: log version, watermarks, definition hash.
        config: the project file.
    """
    figures = figures_of(trained)
    whole = {**lineage, "dataset": trained.ground.dataset.fingerprint, "plan": trained.bundle.plan.fingerprint}
    evaluation = {**trained.evaluation, "gate": verdict.as_dict(), "lineage": whole}
    pictures = {f"{name}.png": png(figure) for name, figure in figures.items()}
    return Record(
        params=_params(trained),
        metrics=_metrics(trained),
        lineage={f"limner.{name}": text for name, text in whole.items()},
        files={
            **pictures,
            "card.html": render_card(trained, whole, figures).encode(),
            "evaluation.json": (json.dumps(evaluation, indent=2, ensure_ascii=False) + "\n").encode(),
            "config.yaml": config.encode(),
        },
    )


def _params(trained: Trained) -> dict[str, object]:
    fitting = trained.published.fitting
    named = {"published": trained.published.name, "form": fitting.form, "rounds": fitting.rounds, "seed": fitting.seed}
    return {**named, "grade": trained.judgement.grade.letter, **fitting.params}


def _metrics(trained: Trained) -> dict[str, float]:
    """Measures of every system, and the seconds the training took; MLflow keeps no bounds, the evaluation does."""
    found = {
        f"{name}.{measure}": interval.value
        for name, measures in trained.judgement.measures.items()
        for measure, interval in measures.items()
    }
    return {**found, "gain": trained.judgement.gain.interval.value, "seconds": trained.seconds}
