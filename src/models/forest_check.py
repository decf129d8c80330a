"""Whether a forest is scored here as LightGBM does, asked where its trees could tell the two apart."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError, RefusedError
from .forest import ForestScorer, parse_forest_scorer
from .forest_columns import IS_CATEGORY, codes_of
from .forest_reference import ReferenceScorer, is_marked
from .forest_splits import rounded_down
from .forest_text import OBJECTIVES, Tree
from .matrix import Matrix

__all__ = ["difference", "open_forest", "proven_forest", "telling_rows"]

_N_ROWS = 2_000
_N_EXPLAINED = 50
_TOLERANCE = 1e-5
_ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-35, 2e-35, -0.5, -1.0, 0.5, 2.0**31)
_ONE_TREE = "\nnum_tree_per_iteration=1\n"
_KINDS = tuple(f"\nobjective={objective.split()[0]}" for objective in OBJECTIVES)
_WARNING = "%s; LightGBM itself will score this model, the same but slower"


def open_forest(text: str) -> ForestScorer | ReferenceScorer:
    """The scorer of a LightGBM text model, known to be whole; LightGBM's own where `proven_forest` marked the text.

    Raises:
        DamagedError: the text is cut, changed, or contradicts itself.
        RefusedError: the model is sound but of a kind that cannot be scored here.
    """
    return ReferenceScorer.read(text) if is_marked(text) else parse_forest_scorer(text)


def proven_forest(text: str) -> ForestScorer | ReferenceScorer:
    """The scorer for a model that LightGBM has just written: its own, with a warning, if the two differ anywhere.

    Raises:
        DamagedError: the text is cut, changed, or contradicts itself.
        RefusedError: the model is not of one outcome.
    """
    try:
        scorer = parse_forest_scorer(text)
        found = difference(scorer)
        if found is None:
            return scorer
    except DamagedError:
        raise
    except RefusedError as error:
        found = str(error)
    if _ONE_TREE not in text or not any(kind in text for kind in _KINDS):
        raise RefusedError(f"{found}; train with objective=binary")
    logging.getLogger("limner").warning(_WARNING, found)
    return ReferenceScorer.read(text)


def difference(scorer: ForestScorer) -> str | None:
    """A sentence on how the scorer differs from LightGBM on `telling_rows`; None if it does not."""
    X, reference = telling_rows(scorer), ReferenceScorer.read(scorer.text)
    apart = int(np.count_nonzero(scorer.margin(X) != reference.margin(X)))
    if apart:
        return f"{apart} of {len(X)} margins are not those of LightGBM"
    explained = X[:_N_EXPLAINED]
    most = float(np.abs(scorer.contributions(explained) - reference.contributions(explained)).max())
    if not most <= _TOLERANCE:
        return f"contributions differ from those of LightGBM by up to {most:.1g}"
    return None


def telling_rows(scorer: ForestScorer) -> Matrix:
    """Rows `(n_rows, n_features)` put together from the trees' thresholds and their neighbours; no user is in them."""
    random = np.random.default_rng(0)
    values = [np.array(_ODD, np.float32)] * scorer.n_features
    for feature, found in _turning_points(scorer.trees).items():
        values[feature] = np.concatenate([values[feature], *found])
    return np.column_stack([random.choice(one, _N_ROWS) for one in values]).astype(np.float32)


def _turning_points(trees: tuple[Tree, ...]) -> dict[int, list[npt.NDArray[np.float32]]]:
    """By feature, the last number that goes left and the first that does not, or codes in and beside a set."""
    found: dict[int, list[npt.NDArray[np.float32]]] = {}
    for tree in trees:
        below = rounded_down(tree.threshold)
        with np.errstate(over="ignore"):
            above = np.nextafter(below, np.float32(np.inf))
        for node, feature in enumerate(tree.feature.tolist()):
            if tree.decision[node] & IS_CATEGORY:
                codes = codes_of(tree, node)
                found.setdefault(feature, []).append(np.r_[codes, codes + 1].astype(np.float32))
            else:
                found.setdefault(feature, []).append(np.array([below[node], above[node]], np.float32))
    return found
