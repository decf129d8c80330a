"""A made-up champion: LightGBM fitted to vectors of a few of the log's users and a rule of its own."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np

from limner.events.log import EventLog
from limner.features.cohort import calendar_rows
from limner.features.compile import compile_plan
from limner.features.loading import load_bucket
from limner.features.question import needs_of
from limner.features.vectors import vectors
from limner.models.bundle import Bundle
from limner.models.calibration import Calibration
from limner.models.champion import export, point_to
from limner.models.forest import parse_forest_scorer
from limner.pipeline.questions import question_of
from limner.pipeline.workspace import Workspace
from limner.timeline import DAY, shown

TAG = "lapse"
ROUNDS, LEAVES, DEPTH = 500, 31, 6
_FITTED_ON = 20_000
_SETTINGS = {
    "objective": "binary", "num_leaves": LEAVES, "max_depth": DEPTH, "learning_rate": 0.02, "feature_fraction": 0.5,
    "min_data_in_leaf": 20, "deterministic": True, "force_col_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip


def crown(workspace: Workspace) -> int:
    """Make the champion and put it into the store; tells how many features it has."""
    store, project = workspace.store, workspace.project
    log, question = EventLog.open(store), question_of(project, TAG)
    plan = compile_plan(log, project.spec.features, {}, before=log.now())
    bucket = load_bucket(log, 0, needs_of(question, log.properties) | plan.needs)
    X = vectors(bucket, plan, calendar_rows(bucket, question, [log.now()]), {})[:_FITTED_ON]
    signal = np.nan_to_num(X[:, plan.names.index("buys_days_since_last")])
    labels = signal + np.random.default_rng(1).normal(0, 10, len(X)) > np.median(signal)
    categories = [place for place, one in enumerate(plan.features) if one.is_category]
    booster = lgb.train(_SETTINGS, lgb.Dataset(X, labels, categorical_feature=categories), ROUNDS)
    norms = {name: float(norm) for name, norm in zip(plan.names, np.nanmedian(X, axis=0), strict=True)}
    card = {
        "definition_hash": project.definition_hash(TAG), "trained_until": shown(log.now() - DAY), "norms": norms,
        "grade": "A", "sentence": {"en": "", "zh": ""}, "base_rate": 0.5, "metrics": {},
    }  # fmt: skip
    scorer = parse_forest_scorer(booster.model_to_string())
    bundle = Bundle(TAG, "1", scorer, Calibration("platt", 1.0, 0.0), plan, card)
    export(store.root, bundle)
    point_to(store.root, bundle)
    return len(plan.features)
