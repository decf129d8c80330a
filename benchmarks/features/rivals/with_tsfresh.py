"""tsfresh, which knows no cutoffs and windows: events are filtered first, and each type of event is a series."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
from tsfresh import extract_features

from ..work import Part, Run, Work
from ..world import DAY, TYPES, raw
from .with_pandas import delivered

AMOUNTS = {"sum_values": "sum", "mean": "mean", "minimum": "min", "maximum": "max"}
SETTINGS = {one: {"length": None} for one in TYPES} | {"buy": dict.fromkeys(["length", *AMOUNTS])}
NAMES = {f"{one}__length": f"{one}_count" for one in TYPES}
NAMES |= {f"buy__{name}": f"spend_{one}" for name, one in AMOUNTS.items()}


def ready(folder: Path, work: Work) -> dict[str, Run]:
    """From the raw file; only the plain features."""
    warnings.simplefilter("ignore")
    return {"": partial(_run, folder, work)}


def _run(folder: Path, work: Work) -> Iterator[Part]:
    events = delivered(raw(folder))
    events["spend"] = events["a"] / 100
    events["t"] = events["t"].map(dict(enumerate(TYPES)))
    for cutoff in work.cutoffs:
        known = events[events["s"] < cutoff]
        windows = [_window(known[known["s"] >= cutoff - days * DAY], days) for days in work.shape.windows]
        found = pd.concat(windows, axis=1).reindex(sorted(known["u"].unique()))
        found[work.zero_when_empty] = found[work.zero_when_empty].fillna(0)
        yield found


def _window(events: pd.DataFrame, days: int) -> pd.DataFrame:
    found = extract_features(
        events[["u", "t", "spend"]],
        column_id="u",
        column_kind="t",
        column_value="spend",
        kind_to_fc_parameters=SETTINGS,
        n_jobs=2,
        disable_progressbar=True,
    )
    return found.rename(columns={name: f"{one}_{days}d" for name, one in NAMES.items()})
