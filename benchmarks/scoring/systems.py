"""Each system behind one door: a model's text in, a function of rows out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import rivals
from .world import GROUPS, N_FEATURES, Matrix

Floats = npt.NDArray[np.float64]
Score = Callable[[Matrix], Floats]

N_REASONS = 3


@dataclass(frozen=True)
class System:
    """One way to do a work: `most_rows` is how many it is given, so that the slow ones end; rates are per row.

    A rival lives in an environment of its own, which `make bench-scoring` makes. One that takes minutes to get ready
    has one turn only.
    """

    ready: Callable[[str], Score]
    most_rows: int
    is_rival: bool = False
    one_turn: bool = False


def _limner_margin(text: str) -> Score:
    from limner.models.forest import parse_forest_scorer

    return parse_forest_scorer(text).margin


def _limner_contributions(text: str) -> Score:
    from limner.models.forest import parse_forest_scorer

    return parse_forest_scorer(text).contributions


def _limner_reasons(text: str) -> Score:
    contributions = _limner_contributions(text)
    return lambda X: strongest_groups(contributions(X))


def strongest_groups(contributions: Floats) -> Floats:
    """Of each row the features that speak for its strongest groups, then these groups' sums."""
    from limner.models.explain_kernel import strongest

    kept, features = np.empty((len(contributions), N_REASONS)), np.zeros((len(contributions), N_REASONS), np.intp)
    strongest(contributions, GROUPS, np.empty(GROUPS.max() + 1), kept, features, np.empty(len(contributions)))
    return np.hstack([features.astype(np.float64), kept])


def _lightgbm_margin(text: str) -> Score:
    import lightgbm as lgb

    booster = lgb.Booster(model_str=text)
    return lambda X: np.asarray(booster.predict(X, raw_score=True, num_threads=1))


def _lightgbm_contributions(text: str) -> Score:
    import lightgbm as lgb

    booster = lgb.Booster(model_str=text)
    return lambda X: np.asarray(booster.predict(X, pred_contrib=True, num_threads=1))


def _lightgbm_reasons(text: str) -> Score:
    contributions = _lightgbm_contributions(text)
    return lambda X: strongest_groups(contributions(X))


def _shap(text: str) -> Score:
    import lightgbm as lgb
    import shap

    booster = lgb.Booster(model_str=text)
    booster.params = {**booster.params, "num_threads": 1}
    explainer = shap.TreeExplainer(booster)

    def explained(X: Matrix) -> Floats:
        values = np.asarray(explainer.shap_values(X)).reshape(len(X), N_FEATURES)
        return np.column_stack([values, np.full(len(X), np.ravel(explainer.expected_value)[-1])])

    return explained


WORKS: Mapping[str, Mapping[str, System]] = {
    "margin": {
        "limner": System(_limner_margin, 10_000_000),
        "lightgbm predict": System(_lightgbm_margin, 50_000),
        "onnxruntime": System(rivals.onnxruntime_margin, 50_000, is_rival=True),
        "treelite": System(rivals.treelite_margin, 50_000, is_rival=True),
        "lleaves": System(rivals.lleaves_margin, 50_000, is_rival=True, one_turn=True),
    },
    "contributions": {
        "limner": System(_limner_contributions, 10_000_000),
        "lightgbm pred_contrib": System(_lightgbm_contributions, 1_000),
        "shap TreeExplainer": System(_shap, 500),
        "woodelf": System(rivals.woodelf_contributions, 16_384, is_rival=True, one_turn=True),
    },
    "three reasons": {
        "limner": System(_limner_reasons, 10_000_000),
        "lightgbm pred_contrib": System(_lightgbm_reasons, 1_000),
    },
}

REFERENCES = {
    "margin": "lightgbm predict",
    "contributions": "lightgbm pred_contrib",
    "three reasons": "lightgbm pred_contrib",
}
