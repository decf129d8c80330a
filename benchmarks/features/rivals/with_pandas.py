"""pandas: filter by window, then group by user and value and unstack; quicker than masks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ..work import AMOUNTS, Part, Run, Work
from ..world import CATEGORIES, CHANNELS, DAY, TYPES, by_user, raw

COLUMNS = ["user_id", "event_time", "event_type", "amount", "category", "channel"]


def ready(folder: Path, work: Work) -> dict[str, Run]:
    """From the raw file."""
    return {"": partial(_run, partial(delivered, raw(folder)), work)}


def ready_by_user(folder: Path, work: Work) -> dict[str, Run]:
    """From the file that is sorted by user and has small types."""
    return {"": partial(_run, partial(pd.read_parquet, by_user(folder)), work)}


def delivered(path: Path) -> pd.DataFrame:
    """The raw file's events as small numbers."""
    read = pd.read_parquet(path, columns=COLUMNS)
    return pd.DataFrame(
        {
            "u": read["user_id"].str[1:].astype("int32"),
            "s": read["event_time"].astype("datetime64[s]").astype("int64"),
            "t": pd.Categorical(read["event_type"], TYPES).codes,
            "a": (read["amount"] * 100).round().astype("int64"),
            "c": pd.Categorical(read["category"], CATEGORIES).codes,
            "h": pd.Categorical(read["channel"], CHANNELS).codes,
        }
    )


def _run(read, work: Work) -> Iterator[Part]:
    events = read()
    for cutoff in work.cutoffs:
        yield _at(events, work, cutoff)


def _at(events: pd.DataFrame, work: Work, cutoff: int) -> pd.DataFrame:
    known = events[events["s"] < cutoff]
    found: dict[str, pd.Series] = {}
    for days in work.shape.windows:
        inside = known[known["s"] >= cutoff - days * DAY]
        found |= {f"{name}_{days}d": column for name, column in _aggregates(inside, work).items()}
    table = pd.DataFrame(found, index=np.sort(known["u"].unique()))
    table[work.zero_when_empty] = table[work.zero_when_empty].fillna(0)
    return table


def _aggregates(inside: pd.DataFrame, work: Work) -> dict[str, pd.Series]:
    buys = inside[inside["t"] == 0]
    counts = _by_value(inside, "t", len(TYPES)).size().unstack(fill_value=0)
    amounts = buys.groupby("u")["a"].agg(list(AMOUNTS)) / 100
    found = {f"{one}_count": counts[code] for code, one in enumerate(TYPES)}
    found |= {f"spend_{one}": amounts[one] for one in AMOUNTS}
    if work.shape.active_days:
        found["buy_active_days"] = (buys["s"] // DAY).groupby(buys["u"]).nunique()
    if work.shape.categories:
        spend = _by_value(buys, "c", len(CATEGORIES))["a"].sum().unstack(fill_value=0) / 100
        found |= {f"spend_{one}": spend[int(one[1:])] for one in work.shape.categories}
    if work.shape.channels:
        channels = _by_value(buys, "h", len(CHANNELS)).size().unstack(fill_value=0)
        found |= {f"buy_{one}": channels[int(one[2:])] for one in work.shape.channels}
    return found


def _by_value(events: pd.DataFrame, name: str, n_values: int):
    """Grouped by user and value; every value has a group, also where no event has it."""
    values = pd.Categorical.from_codes(events[name], range(n_values))
    return events.groupby(["u", values], observed=False)
