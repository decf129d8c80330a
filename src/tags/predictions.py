"""Predictions: from the vectors of a cohort to scores, chances, ranks and reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..errors import RefusedError
from ..features.bucket import Bucket
from ..features.cohort import rows_to_score
from ..features.loading import load_bucket
from ..features.question import TagQuestion, needs_of
from ..features.rows import Rows
from ..features.vectors import vectors
from ..models.bundle import Bundle
from ..models.explain import Reason, top_reasons
from ..quantities import Share
from .moment import Moment
from .tiers import percentiles, ranks, tiers

__all__ = ["Scored", "predict", "ranked", "score_rows"]

Floats = npt.NDArray[np.float64]

_N_REASONS = 3


@dataclass(frozen=True)
class Scored:
    """Scored rows, `(n_rows,)` each; `is_latest` marks the last row of each user, and `reasons` are theirs alone."""

    users: npt.NDArray[np.object_]
    cutoffs: npt.NDArray[np.int64]
    margins: Floats
    probabilities: Floats
    is_latest: npt.NDArray[np.bool_]
    reasons: list[list[dict[str, Any]]]

    @classmethod
    def together(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, which share no user."""
        return cls(
            np.concatenate([part.users for part in parts]),
            np.concatenate([part.cutoffs for part in parts]),
            np.concatenate([part.margins for part in parts]),
            np.concatenate([part.probabilities for part in parts]),
            np.concatenate([part.is_latest for part in parts]),
            [reasons for part in parts for reasons in part.reasons],
        )


def predict(moment: Moment, question: TagQuestion, bundle: Bundle, shares: Mapping[str, Share]) -> dict[str, Any]:
    """The columns of a predictive tag's rows: each bucket is scored, then all are ranked together.

    Args:
        shares: the tiers, best first.

    Raises:
        SpecError: the question or the plan names a property that the log lacks.
        RefusedError: the model gives somebody no finite score.
    """
    log, as_of, attributes = moment.log, moment.as_of, moment.attributes
    needs = needs_of(question, log.properties) | bundle.plan.needs

    def scored(number: int) -> Scored:
        bucket = load_bucket(log, number, needs)
        rows = rows_to_score(bucket, question, as_of)
        return score_rows(bundle, bucket, rows, vectors(bucket, bundle.plan, rows, attributes(number)))

    parts = moment.over_buckets(scored, f"Score {question.tag}")
    together = Scored.together(parts)
    _refuse_infinite(bundle, together)
    return ranked(question.tag, together, shares, question.valid_for.seconds)


def score_rows(bundle: Bundle, bucket: Bucket, rows: Rows, X: npt.NDArray[np.float32]) -> Scored:
    """What the bundle says of each row; `X` is `(n_rows, n_features)` in the order of its plan."""
    margins = bundle.scorer.margin(X)
    is_latest = np.append(rows.user[1:] != rows.user[:-1], True)[: len(rows)]
    told = np.ascontiguousarray(X[is_latest])
    norms = {name: norm for name, norm in bundle.card["norms"].items() if norm is not None}
    reasons = top_reasons(bundle.plan, told, bundle.scorer.contributions(told), norms, n=_N_REASONS)
    return Scored(
        users=bucket.users[rows.user],
        cutoffs=rows.cutoff,
        margins=margins,
        probabilities=bundle.calibration.probability(margins),
        is_latest=is_latest,
        reasons=[[_as_dict(reason) for reason in one] for one in reasons],
    )


def ranked(tag: str, scored: Scored, shares: Mapping[str, Share], valid_for: int) -> dict[str, Any]:
    """The columns of a tag's rows: one per user, that of the latest trigger, ranked among all that were scored.

    Args:
        valid_for: seconds from a row's cutoff.
    """
    places = ranks(scored.margins, scored.users, tag)
    kept = scored.is_latest
    return {
        "user_id": scored.users[kept],
        "score": scored.margins[kept],
        "probability": scored.probabilities[kept],
        "percentile": percentiles(places)[kept],
        "tier": tiers(places, shares)[kept],
        "reasons": scored.reasons,
        "valid_until": scored.cutoffs[kept] + valid_for,
    }


def _refuse_infinite(bundle: Bundle, scored: Scored) -> None:
    bad = np.count_nonzero(~(np.isfinite(scored.margins) & np.isfinite(scored.probabilities)))
    if bad:
        raise RefusedError(
            f"version {bundle.version} of {bundle.tag} gives {bad} of {len(scored.margins)} rows no finite score or "
            f"chance; train again, or limner rollback {bundle.tag}"
        )


def _as_dict(reason: Reason) -> dict[str, Any]:
    return {
        "feature": reason.feature,
        "contribution": reason.contribution,
        "value": None if np.isnan(reason.value) else reason.value,
        "en": reason.en,
        "zh": reason.zh,
    }
