"""LightGBM's side of a recipe: its rows, its settings, and the text of the trees that it grows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import lightgbm as lgb

from .forest_average import raised
from .levels import codes_of, lacked, levels_of

if TYPE_CHECKING:
    from .fit import Fitting
    from .objectives import Objective
    from .table import Table

__all__ = ["CUT", "Parameters", "grown", "rows_of", "settings_of", "text_of"]

Parameters = dict[str, Any]

CUT: Parameters = {"feature_pre_filter": False, "verbosity": -1, "bin_construct_sample_cnt": 20_000}
"""How columns are cut into bins: by the values of so many rows, eighty for each bin."""


def rows_of(table: Table, objective: Objective) -> Any:
    """LightGBM's rows, whose levels are apart; columns get plain names because the plan holds the real ones."""
    return lgb.Dataset(
        table.vectors,
        objective.targets(table),
        feature_name=[f"f{position}" for position in range(len(table.names))],
        categorical_feature=list(table.categories),
        init_score=levels_of(table, objective),
        params=dict(CUT),
    )


def settings_of(fitting: Fitting, table: Table, threads: int) -> Parameters:
    """What LightGBM is told of a forest on these columns."""
    params = dict(fitting.params)
    directions = params.pop("monotone", {})
    bound = [directions.get(name, 0) for name in table.names]
    return {
        "objective": fitting.objective.name,
        "deterministic": True,
        "force_col_wise": True,
        "feature_pre_filter": False,
        "zero_as_missing": False,
        "verbosity": -1,
        "num_threads": threads,
        "seed": fitting.seed,
        **({"monotone_constraints": bound, "monotone_constraints_method": "intermediate"} if any(bound) else {}),
        **params,
    }


def grown(fitting: Fitting, table: Table, rows: Any, threads: int) -> str:
    """The text of a forest; the threads, which it notes, change nothing in it."""
    booster = lgb.train(settings_of(fitting, table, threads), rows, fitting.rounds)
    return text_of(booster, fitting, table).replace(f"\n[num_threads: {threads}]\n", "\n[num_threads: 1]\n")


def text_of(booster: Any, fitting: Fitting, table: Table) -> str:
    """The text of the first trees of a booster, so many as the recipe has, at the level of the rows of the table."""
    text = str(booster.model_to_string(num_iteration=fitting.rounds))
    if codes_of(table) is None:
        return text
    margin = partial(booster.predict, raw_score=True, num_iteration=fitting.rounds)
    return raised(text, lacked(margin, table, fitting.objective))
