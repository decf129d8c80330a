"""What is kept of a training: numbers for the registry, and files that tell the whole story."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..timeline import shown
from .card import figures_of, render_card
from .gate import Verdict
from .judge import Judgement
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
        metrics=_metrics(trained.judgement) | _of_gate(verdict) | {"seconds": trained.seconds},
        series=_series(trained.judgement.by_cutoff[trained.published.name]),
        lineage={f"limner.{name}": text for name, text in (whole | _told(verdict)).items()},
        files={
            **pictures,
            "card.html": render_card(trained, verdict, whole, figures).encode(),
            "evaluation.json": (json.dumps(evaluation, indent=2, ensure_ascii=False) + "\n").encode(),
            "config.yaml": config.encode(),
        },
    )


def _params(trained: Trained) -> dict[str, object]:
    fitting, split = trained.published.fitting, trained.ground.split
    named = {"published": trained.published.name, "form": fitting.form, "rounds": fitting.rounds, "seed": fitting.seed}
    searched = {"trials": 0 if trained.tuned is None else trained.tuned.trials, "folds": len(split.folds)}
    judged = {
        "test_start": shown(split.test_start),
        "train_rows": len(split.train),
        "test_rows": len(split.test),
        "bootstraps": trained.judgement.bootstraps,
        "calibration": trained.published.calibration.form,
    }
    return {**named, "grade": trained.judgement.grade.letter, **searched, **judged, **fitting.params}


def _metrics(judgement: Judgement) -> dict[str, float]:
    """Measures of every system; MLflow keeps no bounds, the evaluation does."""
    found = {f"base.{measure}": value for measure, value in judgement.base.items()}
    for name, measures in judgement.measures.items():
        found |= {f"{name}.{measure}": interval.value for measure, interval in measures.items()}
        found[f"{name}.ece"] = judgement.calibration_error[name].value
        for row in judgement.gains[name]:
            found |= {f"{name}.{measure}_{100 * row['share']:g}": row[measure] for measure in ("lift", "gain")}
    return {**found, "gain": judgement.gain.interval.value}


def _of_gate(verdict: Verdict) -> dict[str, float]:
    return {"gate.passed": float(verdict.passed), **{f"gate.{name}": value for name, value in verdict.numbers.items()}}


def _told(verdict: Verdict) -> dict[str, str]:
    """The verdict in words, as tags of the run."""
    return {"gate": "passed" if verdict.passed else "refused", "gate reasons": "; ".join(verdict.reasons)}


def _series(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[int, float]]]:
    """Measures of what is published, cutoff by cutoff, without those that are undefined."""
    measures = [name for name in rows[0] if name not in {"cutoff", "last"}]
    return {
        f"by_cutoff.{name}": [(row["cutoff"], row[name]) for row in rows if row[name] is not None] for name in measures
    }
