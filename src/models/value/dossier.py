"""What is kept of a training of amounts."""

from __future__ import annotations

from collections.abc import Mapping

from ..dossier import Dossier, params_of, whole_lineage
from ..gate import Verdict
from ..registry import Record
from .card import pictures_of_amounts, render_card_of_amounts
from .judge import ValueJudgement
from .train import ValueTrained

__all__ = ["record_of_amounts"]


def record_of_amounts(trained: ValueTrained, verdict: Verdict, lineage: Mapping[str, str], config: str) -> Record:
    """The record of a training; the arguments are those of `dossier.record_of`."""
    pictures, whole = pictures_of_amounts(trained), whole_lineage(trained, lineage)
    trials = 0 if trained.found is None else trained.found.trials
    dossier = Dossier(
        params=params_of(trained, trained.published.calibration.form, trials),
        metrics=_metrics(trained.judgement) | {"seconds": trained.seconds},
        by_cutoff=trained.judgement.by_cutoff[trained.published.name],
        pictures=pictures,
        card=render_card_of_amounts(trained, verdict, whole, pictures),
        evaluation=trained.evaluation,
        lineage=whole,
    )
    return dossier.record(verdict, config)


def _metrics(judgement: ValueJudgement) -> dict[str, float]:
    """Measures of every system."""
    found = {"base.deviance": judgement.base, "gain": judgement.gain.interval.value}
    for name, measures in judgement.measures.items():
        found |= {f"{name}.{measure}": interval.value for measure, interval in measures.items()}
    return found
