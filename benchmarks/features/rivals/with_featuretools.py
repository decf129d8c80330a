"""Featuretools: every feature defined with its condition, one training window after the other."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import featuretools as ft
import pandas as pd
from featuretools.primitives import Count, Max, Mean, Min, NumUnique, Sum

from ..work import Part, Run, Work
from ..world import DAY, TYPES, raw
from .with_pandas import delivered

AMOUNTS = {"sum": Sum, "mean": Mean, "min": Min, "max": Max}
CATEGORIES = ("u", "t", "c", "h", "d")


def ready(folder: Path, work: Work) -> dict[str, Run]:
    """From the raw file."""
    warnings.simplefilter("ignore")
    return {"": partial(_run, folder, work)}


def _run(folder: Path, work: Work) -> Iterator[Part]:
    events = delivered(raw(folder))
    known = [(cutoff, sorted(events.loc[events["s"] < cutoff, "u"].unique())) for cutoff in work.cutoffs]
    log = _log(events)
    features = _features(log, work)
    for cutoff, users in known:
        rows = pd.DataFrame({"u": users, "time": pd.Timestamp(cutoff, unit="s")})
        yield {name: column for days in work.shape.windows for name, column in _window(log, features, rows, days)}


def _window(log: ft.EntitySet, features: list[Any], rows: pd.DataFrame, days: int) -> Iterator[tuple[str, pd.Series]]:
    found = ft.calculate_feature_matrix(
        features, log, cutoff_time=rows, training_window=f"{days} days", include_cutoff_time=False
    )
    for name in found.columns:
        column = found[name].astype("float64")
        undefined = name in {"spend_mean", "spend_min", "spend_max"}
        yield f"{name}_{days}d", column if undefined else column.fillna(0)


def _log(events: pd.DataFrame) -> ft.EntitySet:
    frame = pd.DataFrame(
        {
            "e": range(len(events)),
            "u": events["u"],
            "time": pd.to_datetime(events["s"], unit="s"),
            "spend": events["a"] / 100,
            "t": events["t"],
            "c": events["c"],
            "h": events["h"],
            "d": events["s"] // DAY,
        }
    )
    log = ft.EntitySet("log")
    types = dict.fromkeys(CATEGORIES[1:], "Categorical") | {"spend": "Double"}
    log.add_dataframe(dataframe_name="events", dataframe=frame, index="e", time_index="time", logical_types=types)
    log.add_dataframe(dataframe_name="users", dataframe=pd.DataFrame({"u": events["u"].unique()}), index="u")
    log.add_relationship("users", "u", "events", "u")
    return log


def _features(log: ft.EntitySet, work: Work) -> list[Any]:
    def column(name: str) -> ft.Feature:
        return ft.Feature(log["events"].ww[name])

    def feature(name: str, of: str, primitive: Any, where: Any) -> Any:
        return ft.Feature(column(of), parent_dataframe_name="users", primitive=primitive, where=where).rename(name)

    buy = column("t") == 0
    found = [feature(f"{one}_count", "e", Count, column("t") == code) for code, one in enumerate(TYPES)]
    found += [feature(f"spend_{one}", "spend", primitive, buy) for one, primitive in AMOUNTS.items()]
    if work.shape.active_days:
        found.append(feature("buy_active_days", "d", NumUnique, buy))
    for one in work.shape.categories:
        found.append(feature(f"spend_{one}", "spend", Sum, buy.AND(column("c") == int(one[1:]))))
    for one in work.shape.channels:
        found.append(feature(f"buy_{one}", "e", Count, buy.AND(column("h") == int(one[2:]))))
    return found
