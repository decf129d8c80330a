"""How much, and not whether: Limner's tags of amounts beside the same as before and LightGBM as it comes."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np

from limner.models.value.train import ValueTrained

from .contest import OWN, Contest, Entry, Learned, timed
from .results import Row, judged

__all__ = ["about_bounds", "amounts_beside", "plain"]

METRICS = ("deviance", "gini", "total_off")
OF_MEDIANS = ("mean_absolute_error",)
"""Least, where it is of what is as likely to be passed as not; the others are of what is expected."""
OF_BOUNDS = ("under_low", "under_median", "under_high", "total_ratio")


def amounts_beside(learned: Learned, contest: Contest) -> list[Row]:
    """How Limner, its rules and plain LightGBM did, and what Limner's bounds covered."""
    expected = judged(contest, [*learned.entries, plain(contest, "tweedie")], METRICS, {})
    medians = judged(contest, [*learned.medians, plain(contest, "l1")], OF_MEDIANS, {})
    return [*expected, *medians, *about_bounds(learned, contest)]


def about_bounds(learned: Learned, contest: Contest) -> list[Row]:
    """The parts of the rows below P10, up to P50 and up to P90, and all that was expected over all that came."""
    if not isinstance(learned.trained, ValueTrained):
        return []
    trained = learned.trained
    measures = trained.judgement.measures[trained.published.name]
    return [
        Row(contest, OWN, name, (measures[name].value, measures[name].low, measures[name].high)) for name in OF_BOUNDS
    ]


def plain(contest: Contest, objective: str) -> Entry:
    """A hundred trees of 31 leaves, nothing tuned, one thread: of means by Tweedie's likelihood, of medians by `l1`."""
    settings = {"n_jobs": 1, "random_state": 7, "verbose": -1, "deterministic": True, "force_col_wise": True}
    past = contest.past
    if past.amounts is None:
        raise ValueError(f"{contest.task} has no amounts to learn from")
    categories, amounts = list(past.categories) or "auto", np.maximum(past.amounts, 0.0)

    def work() -> np.ndarray:
        chooser = lgb.LGBMRegressor(objective=objective, **settings)
        fitted = chooser.fit(past.vectors, amounts, categorical_feature=categories)
        return np.asarray(fitted.predict(contest.vectors))

    return Entry("plain lightgbm", *timed(work), objective)
