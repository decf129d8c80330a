"""Each system behind one door: a model's text in, a function of rows out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from .world import GROUPS, N_FEATURES, Matrix

Floats = npt.NDArray[np.float64]
Score = Callable[[Matrix], Floats]

N_REASONS = 3


@dataclass(frozen=True)
class System:
    """One way to do a work: `most_rows` is how many it is given, so that the slow ones end; rates are per row."""

    ready: Callable[[str], Score]
    most_rows: int


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
    },
    "contributions": {
        "limner": System(_limner_contributions, 10_000_000),
        "lightgbm pred_contrib": System(_lightgbm_contributions, 1_000),
        "shap TreeExplainer": System(_shap, 500),
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


def left_out() -> list[str]:
    """Systems that are not measured, each with the reason."""
    others = ("onnxruntime", "treelite", "lleaves", "woodelf")
    return [f"{name}: not installed, and no dependency of this project" for name in others if find_spec(name) is None]
