"""Predictions: from the vectors of a cohort to scores, chances or amounts, ranks and reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import RefusedError
from ..events.log import Property
from ..features.bucket import Bucket, Needs
from ..features.carried import reach
from ..features.cohort import rows_to_score
from ..features.digest import digest
from ..features.question import TagQuestion, needs_of
from ..features.rows import Rows
from ..models.bundle import Bundle
from ..models.explain import Explainer
from ..quantities import Band
from .known import Known
from .maker import Part, Ranked, reach_of, rows_of
from .spec import PredictiveSpec
from .tiers import frozen_tiers, percentiles, ranks, tiers

__all__ = ["Predictor", "ranked"]

_N_REASONS = 3
_EXPLAINED_AT_ONCE = 16_384
"""Rows; each holds a number for every feature while it is explained."""


@dataclass(frozen=True)
class Predictor:
    """What scores and explains a predictive tag with its champion; `tiers` are its bands of rank, best first."""

    question: TagQuestion
    bundle: Bundle
    tiers: Mapping[str, Band]
    needs: Needs

    @classmethod
    def of(cls, spec: PredictiveSpec, bundle: Bundle, properties: Mapping[str, Property]) -> Self:
        """The predictor of a bundle's tag, over a log with such properties.

        Raises:
            SpecError: the question names a property that the log lacks.
        """
        question = TagQuestion(bundle.tag, spec.cohort, spec.target, spec.cutoffs, spec.valid_for)
        return cls(question, bundle, spec.tiers, needs_of(question, properties) | bundle.plan.needs)

    @property
    def reach(self) -> int | None:
        """How far back it looks at single events; a trigger's own cutoff may be as old as a tag may be."""
        plan, cohort = self.bundle.plan, self.question.cohort
        if not self.question.at_triggers:
            return reach_of(plan, cohort)
        back = reach(plan) if cohort is None else reach_of(plan, cohort)
        return None if back is None else back + self.question.valid_for.seconds

    def part(self, known: Known) -> Part:
        """The scores, chances or amounts, and reasons of the bucket's users; ranks are found among all.

        Raises:
            RefusedError: the log is no longer as when the plan was made.
        """
        bucket = known.events(self.needs)
        rows = rows_to_score(bucket, self.question, known.as_of)
        return self._scored(bucket, rows, known.vectors(bucket, self.bundle.plan, rows))

    def _scored(self, bucket: Bucket, rows: Rows, X: npt.NDArray[np.float32]) -> Part:
        scores = self.bundle.scorer.margin(X)
        told = self.bundle.calibration.told(scores, rows.cutoff)
        is_latest = np.append(rows.user[1:] != rows.user[:-1], True)[: len(rows)]
        users = pa.array(bucket.users, pa.string()).take(pa.array(rows.user))
        infinite = int(np.count_nonzero(~np.isfinite([scores, *told.values()]).all(axis=0)))
        columns = {
            "user_id": users.filter(pa.array(is_latest)),
            "score": scores[is_latest],
            **{name: values[is_latest] for name, values in told.items()},
            "reasons": self._reasons(X[is_latest]),
            "valid_until": rows.cutoff[is_latest] + self.question.valid_for.seconds,
        }
        snapshot = digest(bucket.users[rows.user], rows.cutoff, X)
        return Part(rows_of(columns), Ranked(users, scores, is_latest, infinite), snapshot)

    def _reasons(self, X: npt.NDArray[np.float32]) -> pa.ChunkedArray:
        pieces = [X[start : start + _EXPLAINED_AT_ONCE] for start in range(0, max(len(X), 1), _EXPLAINED_AT_ONCE)]
        told = [
            self._explainer.reasons(piece, self.bundle.scorer.contributions(piece), n=_N_REASONS) for piece in pieces
        ]
        return pa.chunked_array(told)

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer.of(self.bundle.plan, self.bundle.card["norms"])


def ranked(bundle: Bundle, parts: Sequence[Ranked], bands: Mapping[str, Band]) -> dict[str, pa.Array]:
    """The columns that follow from a place among all who were scored, for the rows that are written, part by part.

    Args:
        bands: the tiers, best first.

    Raises:
        RefusedError: the model gives somebody no finite score.
    """
    scores = np.concatenate([part.scores for part in parts])
    is_written = np.concatenate([part.is_written for part in parts])
    infinite = sum(part.infinite for part in parts)
    if infinite:
        raise RefusedError(
            f"version {bundle.version} of {bundle.tag} gives {infinite} of {len(scores)} rows no finite score, "
            f"chance or amount; train again, or limner rollback {bundle.tag}"
        )
    places = ranks(scores, pa.chunked_array([part.users for part in parts]), bundle.tag)
    return {
        "percentile": pa.array(percentiles(places)[is_written]),
        "tier": tiers(places, bands).filter(pa.array(is_written)),
        "frozen_tier": frozen_tiers(scores[is_written], bundle.card.get("spread"), bands),
    }
