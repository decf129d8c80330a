"""Run by the rivals' own Python: makes features of a folder's events for a folder's rows, and leaves them there.

It imports nothing of this project, whose libraries Featuretools and getML do not live with. Both have a table of events
for each type, the whole past and the windows of the task; only what was known before a row's cutoff counts.

Example: python made_by_rivals.py getml data/benchmarks/quality/contests/abc
"""

from __future__ import annotations

import atexit
import sys
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

Texts = list[str]
MOST_VALUES = 3
"""Of a category, how many of its commonest values have features of their own; getML takes minutes for more."""
PLAIN = ["sum", "std", "max", "min", "mean", "count", "num_unique"]
SLOW = ["skew", "mode", "percent_true", "time_since_first", "time_since_last", "avg_time_between"]
"""With the plain ones, all that deep feature synthesis takes when it is not told, and times."""


@dataclass(frozen=True)
class Asked:
    """What a folder holds: a table of events for each type, the rows, and the windows in seconds.

    `rows` have `user`, `time`, the last second that they may know of, and `label`; the first `n_past` are learned from.
    """

    events: dict[str, pd.DataFrame]
    rows: pd.DataFrame
    n_past: int
    windows: list[int]

    @classmethod
    def of(cls, folder: Path) -> Asked:
        """What lies in the folder."""
        told, events = np.load(folder / "rows.npz"), pd.read_parquet(folder / "events.parquet")
        time = pd.to_datetime(told["cutoffs"] - 1, unit="s")
        rows = pd.DataFrame({"user": told["users"], "time": time, "label": told["labels"]})
        events["time"] = events["time"].astype("datetime64[ns]")
        types = {str(name): of.drop(columns="type") for name, of in events.groupby("type")}
        filled = {name: of.dropna(axis=1, how="all").reset_index(drop=True) for name, of in types.items()}
        return cls(filled, rows, int(told["n_past"]), told["windows"].tolist())


def columns_of(events: pd.DataFrame) -> tuple[Texts, Texts]:
    """The numbers and the categories among the properties of events."""
    properties = events.drop(columns=["user", "time"])
    numbers = properties.select_dtypes("number").columns
    return list(numbers), list(properties.columns.difference(numbers))


def getml(asked: Asked) -> pd.DataFrame:
    """The features that FastProp keeps for how they go with the labels of the rows that are learned from."""
    import getml  # type: ignore[import-not-found]

    home = TemporaryDirectory()
    atexit.register(home.cleanup)
    with redirect_stdout(StringIO()):
        getml.engine.launch(home_directory=home.name, launch_browser=False, quiet=True)
        atexit.register(getml.engine.shutdown)  # not now, for its processor seconds are told while it lives
        getml.set_project("benchmark")
        return _fast_prop(getml, asked)


def _fast_prop(getml: Any, asked: Asked) -> pd.DataFrame:
    roles = getml.data.Roles(join_key=["user"], time_stamp=["time"], target=["label"])
    parts = {"past": asked.rows[: asked.n_past], "future": asked.rows[asked.n_past :]}
    rows = {name: getml.data.DataFrame.from_pandas(part, name, roles=roles) for name, part in parts.items()}
    container = getml.data.Container(**rows)
    model = getml.data.DataModel(rows["past"].to_placeholder("rows"))
    for name, events in asked.events.items():
        numbers, categories = columns_of(events)
        own = getml.data.Roles(join_key=["user"], time_stamp=["time"], numerical=numbers, categorical=categories)
        for window in (None, *asked.windows):  # a table each, for all that join one see the ends of all their windows
            table = f"{name}_{window}"
            frame = getml.data.DataFrame.from_pandas(events, table, roles=own)
            container.add(**{table: frame})
            model.add(getml.data.to_placeholder(**{table: frame}))
            within = {} if window is None else {"memory": getml.data.time.seconds(window)}
            model.rows.join(getattr(model, table), on="user", time_stamps="time", **within)
    learner = getml.feature_learning.FastProp(
        loss_function=getml.feature_learning.loss_functions.CrossEntropyLoss,
        n_most_frequent=MOST_VALUES,
        num_threads=1,
    )
    pipeline = getml.pipeline.Pipeline(data_model=model, feature_learners=[learner])
    pipeline.fit(container.past, check=False)
    return pd.DataFrame(np.concatenate([pipeline.transform(one) for one in (container.past, container.future)]))


def featuretools(asked: Asked) -> pd.DataFrame:
    """The features of deep feature synthesis: as it comes and with times of the whole past, plain ones of windows.

    What it works out in Python, user by user, such as modes and skews, would take minutes for each of the windows.
    """
    import featuretools as ft  # type: ignore[import-not-found]

    log = _log(ft, asked)
    asking = asked.rows[["user", "time"]].drop_duplicates()
    made = [_synthesised(ft, log, asking, [*PLAIN, *SLOW], None)]
    made += [_synthesised(ft, log, asking, PLAIN, window, trans_primitives=[]) for window in asked.windows]
    return pd.concat(made, axis=1).loc[pd.MultiIndex.from_frame(asked.rows[["user", "time"]])]


def _log(ft: Any, asked: Asked) -> Any:
    log = ft.EntitySet("log")
    users = pd.DataFrame({"user": asked.rows["user"].unique()})
    log.add_dataframe(dataframe_name="users", dataframe=users, index="user", logical_types={"user": "Categorical"})
    for name, events in asked.events.items():
        types = dict.fromkeys(["user", *columns_of(events)[1]], "Categorical") | {"time": "Datetime"}
        known = events[events["user"].isin(users["user"])]
        log.add_dataframe(
            dataframe_name=name, dataframe=known, index="place", make_index=True, time_index="time", logical_types=types
        )
        log.add_relationship("users", "user", name, "user")
    log.add_interesting_values(max_values=MOST_VALUES)
    return log


def _synthesised(
    ft: Any, log: Any, asking: pd.DataFrame, primitives: Texts, window: int | None, **more: Any
) -> pd.DataFrame:
    found, _ = ft.dfs(
        entityset=log,
        target_dataframe_name="users",
        cutoff_time=asking,
        cutoff_time_in_index=True,
        agg_primitives=primitives,
        training_window=None if window is None else f"{window} seconds",
        **more,
    )
    return found.add_suffix(f" over {window}")


def coded(made: pd.DataFrame, n_past: int) -> tuple[Any, list[int]]:
    """The features as numbers, and which are the codes of categories, none of a value that the past lacks."""
    places = [place for place, kind in enumerate(made.dtypes) if not pd.api.types.is_numeric_dtype(kind)]
    for place in places:
        column = made.iloc[:, place].astype(object)
        made.isetitem(place, pd.Categorical(column, pd.unique(column[:n_past].dropna())).codes)
    return made.to_numpy(np.float32, na_value=np.nan), places


def processor_seconds() -> float:
    """What this process and all that it has started have used, whether they live or have ended."""
    import psutil  # type: ignore[import-untyped]

    own = psutil.Process()
    times = [one.cpu_times() for one in (own, *own.children(recursive=True))]
    return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))


SYSTEMS = {"getml": getml, "featuretools": featuretools}


def main() -> None:
    """Make the features."""
    warnings.simplefilter("ignore")
    system, folder = sys.argv[1], Path(sys.argv[2])
    asked = Asked.of(folder)
    made, categories = coded(SYSTEMS[system](asked), asked.n_past)
    told = {"made": made, "categories": np.array(categories, np.int64), "seconds": processor_seconds()}
    part = folder / f"{system}.part.npz"
    np.savez_compressed(part, **told)
    part.rename(folder / f"{system}.npz")


if __name__ == "__main__":
    main()
