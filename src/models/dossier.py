"""What is kept of a training: numbers for the registry, and files that tell the whole story."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..timeline import shown
from .card import pictures_of, render_card
from .gate import Verdict
from .judge import Judgement
from .learned import Learned
from .plots import on_white
from .registry import Record
from .train import Trained

__all__ = ["Dossier", "params_of", "record_of", "whole_lineage"]


@dataclass(frozen=True)
class Dossier:
    """Settings, measures, what is published cutoff by cutoff, pictures, card, evaluation and lineage of a training."""

    params: Mapping[str, object]
    metrics: Mapping[str, float]
    by_cutoff: Sequence[Mapping[str, Any]]
    pictures: Mapping[str, str]
    card: str
    evaluation: Mapping[str, Any]
    lineage: Mapping[str, str]

    def record(self, verdict: Verdict, config: str) -> Record:
        """The record, with what the gate says and the project file in which it was declared."""
        evaluation = {**self.evaluation, "gate": verdict.as_dict(), "lineage": self.lineage}
        return Record(
            params=self.params,
            metrics={**self.metrics, **_of_gate(verdict)},
            series=_series(self.by_cutoff),
            lineage={f"limner.{name}": text for name, text in {**self.lineage, **_told(verdict)}.items()},
            files={
                **{f"{name}.svg": on_white(picture).encode() for name, picture in self.pictures.items()},
                "card.html": self.card.encode(),
                "evaluation.json": (json.dumps(evaluation, indent=2, ensure_ascii=False) + "\n").encode(),
                "config.yaml": config.encode(),
            },
        )


def record_of(trained: Trained, verdict: Verdict, lineage: Mapping[str, str], config: str) -> Record:
    """The record of a training: its settings, measures, pictures, card, evaluation and the text it was declared in.

    Args:
        lineage: where the data came from, by what people call it: log version, watermarks, definition hash.
        config: the project file.
    """
    pictures, whole = pictures_of(trained), whole_lineage(trained, lineage)
    dossier = Dossier(
        params=params_of(
            trained, trained.published.calibration.form, 0 if trained.tuned is None else trained.tuned.trials
        ),
        metrics=_metrics(trained.judgement) | {"seconds": trained.seconds},
        by_cutoff=trained.judgement.by_cutoff[trained.published.name],
        pictures=pictures,
        card=render_card(trained, verdict, whole, pictures),
        evaluation=trained.evaluation,
        lineage=whole,
    )
    return dossier.record(verdict, config)


def whole_lineage(trained: Learned, lineage: Mapping[str, str]) -> dict[str, str]:
    """The lineage with the fingerprints of what was learned from."""
    plan = trained.ground.plan(trained.published.fitting)
    return {**lineage, "dataset": trained.ground.dataset.fingerprint, "plan": plan.fingerprint}


def params_of(trained: Learned, calibration: str, trials: int) -> dict[str, object]:
    """What was published, each setting by itself as MLflow cuts long values; how it was searched and judged."""
    fitting, split = trained.published.fitting, trained.ground.split
    named = {"published": trained.published.name, "form": fitting.kind, "rounds": fitting.rounds, "seed": fitting.seed}
    judged = {
        "test_start": shown(split.test_start),
        "train_rows": len(split.train),
        "test_rows": len(split.test),
        "bootstraps": trained.judgement.bootstraps,
        "calibration": calibration,
    }
    searched = {"trials": trials, "folds": len(split.folds)}
    settings = {".".join((*place, name)): value for place, own in fitting.settings for name, value in own.items()}
    return {**named, "grade": trained.judgement.grade.letter, **searched, **judged, **settings}


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
