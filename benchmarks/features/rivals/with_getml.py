"""getML's FastProp, whose transform is timed: its data is loaded and its pipelines are fitted before the clock starts.

Time differences cannot be left out of its features, so counts and amounts are two pipelines, and only the second has
some that nobody asked for.
"""

from __future__ import annotations

import atexit
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import getml
import numpy as np
import pandas as pd

from ..work import Part, Run, Work
from ..world import TYPES, raw
from .with_pandas import delivered

AMOUNTS = {"SUM": "sum", "AVG": "mean", "MIN": "min", "MAX": "max"}


def ready(folder: Path, work: Work) -> dict[str, Run]:
    """From memory of the engine; only the plain features at one cutoff."""
    home = mkdtemp(prefix="getml-")
    with redirect_stdout(StringIO()):
        getml.engine.launch(home_directory=home, launch_browser=False, quiet=True)
        atexit.register(getml.engine.shutdown)
        getml.set_project("benchmark")
        events = delivered(raw(folder))
        users = _users(events, work)
        fitted = [
            _fitted(users, _tables(events, work, TYPES, "count"), ["COUNT"]),
            _fitted(users, _tables(events, work, TYPES[:1], "amount"), list(AMOUNTS)),
        ]
    return {"": partial(_run, fitted, work)}


def _run(fitted: list[Any], work: Work) -> Iterator[Part]:
    found = {}
    for pipeline, data, names in fitted:
        with redirect_stdout(StringIO()):
            columns = pipeline.transform(data).T
        found |= {name: columns[place] for place, name in names.items()}
    yield {name: _missing_when_empty(name, column, found) for name, column in found.items()}


def _missing_when_empty(name: str, column: np.ndarray, found: dict[str, np.ndarray]) -> np.ndarray:
    """The engine gives zero where there are no events; their count tells."""
    if not name.startswith(("spend_mean", "spend_min", "spend_max")):
        return column
    return np.where(found[f"buy_count_{name.rpartition('_')[2]}"] == 0, np.nan, column)


def _users(events: pd.DataFrame, work: Work) -> Any:
    (cutoff,) = work.cutoffs
    known = np.sort(events.loc[events["s"] < cutoff, "u"].unique())
    frame = pd.DataFrame({"u": known, "now": pd.Timestamp(cutoff - 1, unit="s"), "target": known % 7 / 7})
    roles = getml.data.Roles(join_key=["u"], time_stamp=["now"], target=["target"])
    return getml.data.DataFrame.from_pandas(frame, "users", roles=roles)


def _tables(events: pd.DataFrame, work: Work, types: tuple[str, ...], prefix: str) -> dict[str, tuple[Any, int]]:
    """A table of each type's events for each window, with the window."""
    amounts = ["spend"] * (prefix == "amount")
    roles = getml.data.Roles(join_key=["u"], time_stamp=["time"], numerical=amounts)
    frame = events.assign(time=pd.to_datetime(events["s"], unit="s"), spend=events["a"] / 100)
    return {
        name: (getml.data.DataFrame.from_pandas(of_type, name, roles=roles), days)
        for code, one in enumerate(types)
        for of_type in [frame.loc[frame["t"] == code, ["u", "time", *amounts]]]
        for days in work.shape.windows
        for name in [f"{prefix}_{one}_{days}d"]
    }


def _fitted(users: Any, tables: dict[str, tuple[Any, int]], aggregations: list[str]) -> tuple[Any, Any, dict[int, str]]:
    """A pipeline, what it is asked to transform, and which of its columns are which features."""
    frames = {name: frame for name, (frame, _) in tables.items()}
    model = getml.data.DataModel(users.to_placeholder("users"))
    model.add(getml.data.to_placeholder(**frames))
    for name, (_, days) in tables.items():
        memory = getml.data.time.days(days)
        model.users.join(getattr(model, name), on="u", time_stamps=("now", "time"), memory=memory)
    learner = getml.feature_learning.FastProp(
        aggregation=aggregations, loss_function="SquareLoss", num_features=1_000, num_threads=2
    )
    pipeline = getml.pipeline.Pipeline(data_model=model, feature_learners=[learner])
    container = getml.data.Container(population=users)
    container.add(**frames)
    pipeline.fit(container.full, check=False)
    named = {place: _named(feature.sql) for place, feature in enumerate(pipeline.features)}
    return pipeline, container.full, {place: name for place, name in named.items() if name}


def _named(sql: str) -> str | None:
    """What we call a feature of FastProp, which says in SQL what it is; none if nobody asked for it."""
    aggregate, of = re.search(r"SELECT (\w+)\( (.*?) \) AS", sql).groups()
    prefix, one, days = re.search(r'INNER JOIN "(\w+?)_(\w+?)_(\w+?)__', sql).groups()
    if aggregate == "COUNT" and prefix == "COUNT":
        return f"{one.lower()}_count_{days.lower()}"
    if aggregate in AMOUNTS and of.endswith('"spend"'):
        return f"spend_{AMOUNTS[aggregate]}_{days.lower()}"
    return None
