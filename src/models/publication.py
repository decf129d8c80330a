"""What is published of a training: the bundle, with a proven scorer and what is usual; and what moves its scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..timeline import shown
from .bundle import Bundle
from .candidate import Candidate, Ground
from .fit import Fitting, fit
from .forest_check import proven_forest
from .ladder import Recipe
from .mean import MeanScorer
from .plots import Contributions
from .scorer import Scorer
from .table import Table
from .two_stage import TwoStageScorer

if TYPE_CHECKING:
    from .learned import Judged
    from .train import Subject
    from .value.estimate import Estimate

__all__ = ["bundle_of", "sample_of"]

_QUANTILES = 201
_SAMPLE = 1_000


def bundle_of(
    subject: Subject,
    recipe: Recipe,
    published: Candidate | Estimate,
    judgement: Judged,
    ground: Ground,
    own: Mapping[str, Any],
) -> Bundle:
    """What is published of a training, fitted to all rows that are to be learned from, without a version.

    Args:
        own: what the card tells besides, as each lesson has it: measures, and what the test showed.
    """
    dataset, fitting, grade = ground.dataset, published.fitting, judgement.grade
    table = ground.table(fitting)
    card = {
        "grade": grade.letter,
        "sentence": {"en": grade.en, "zh": grade.zh},
        "base_rate": float(dataset.labels.mean()),
        "trained_until": shown(int(dataset.label_ends.max())),
        "definition_hash": subject.definition_hash,
        "form": fitting.kind,
        "published": published.name,
        "ladder": _said_of_ladder(recipe, is_model=published.name == "model"),
        "recipe": fitting.as_dict(),
        "norms": _norms_of(table),
        "spread": _spread_of(published.forward.margins),
        "dataset": dataset.fingerprint,
        **own,
    }
    return Bundle(
        tag=subject.tag,
        version="",
        scorer=_proven(fit(fitting, table.at(ground.split.learned), ground.threads)),
        calibration=published.calibration,
        plan=ground.plan(fitting),
        card=card,
    )


def sample_of(scorer: Scorer, fitting: Fitting, ground: Ground, seed: int) -> Contributions:
    """What moved the scores of some test rows, without saying whose."""
    test = ground.split.test
    rows = np.sort(np.random.default_rng(seed).choice(test, min(_SAMPLE, len(test)), replace=False))
    vectors = ground.table(fitting).vectors[rows]
    features = ground.plan(fitting).features
    return Contributions(
        scorer.contributions(vectors)[:, :-1],
        vectors,
        [feature.name for feature in features],
        [feature.group for feature in features],
    )


def _proven(scorer: Scorer) -> Scorer:
    """The scorer, a forest only where it gives LightGBM's own answers; else LightGBM stands in for it."""
    if isinstance(scorer, TwoStageScorer):
        return replace(scorer, chance=_proven(scorer.chance), amount=_proven(scorer.amount))
    if isinstance(scorer, MeanScorer):
        return replace(scorer, parts=tuple(_proven(one) for one in scorer.parts))
    return proven_forest(scorer.to_text()) if scorer.form == "forest" else scorer


def _norms_of(table: Table) -> dict[str, float]:
    """The median of each number, without those that every row lacks."""
    norms: dict[str, float] = {}
    for name, is_category, column in zip(table.names, table.is_category, table.vectors.T, strict=True):
        known = column[~np.isnan(column)]
        if len(known) and not is_category:
            norms[name] = float(np.median(known))
    return norms


def _said_of_ladder(recipe: Recipe, *, is_model: bool) -> dict[str, str]:
    """How ambitious the model could be, and that it was in vain where a rule is published instead."""
    if recipe.form == "rule" or is_model:
        return {"en": recipe.sentence, "zh": recipe.sentence_zh}
    return {
        "en": f"{recipe.sentence}; it did not beat the rule, which is published",
        "zh": f"{recipe.sentence_zh}；未能胜过规则，故发布规则",
    }


def _spread_of(margins: npt.NDArray[np.float64]) -> list[float]:
    """Quantiles of the forward scores, evenly spaced, by which later scores are told high or low."""
    found: list[float] = np.quantile(margins, np.linspace(0.0, 1.0, _QUANTILES)).tolist()
    return found
