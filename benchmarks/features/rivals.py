"""The same work by other tools, each as well as we can write it, from the same unsorted Parquet file.

Every function gives a float64 matrix in the columns of the work: a row for each cutoff and user seen before it.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from .work import AMOUNTS, Work
from .world import DAY, N_CATEGORIES, N_CHANNELS, TYPES


def with_duckdb(path: Path, work: Work) -> np.ndarray:
    """One pass for each cutoff over small integers: countif and sums of products, no FILTER, which costs twice."""
    con = duckdb.connect()
    con.execute("SET threads = 2")
    con.execute(f"""
        CREATE TABLE events AS
        SELECT CAST(right(user_id, 7) AS INTEGER) AS u, CAST(epoch(event_time) AS INTEGER) AS s,
               CAST(list_position({list(TYPES)}, event_type) - 1 AS TINYINT) AS t,
               CAST(round(amount * 100) AS INTEGER) AS a,
               CAST(right(category, 2) AS TINYINT) AS c, CAST(right(channel, 1) AS TINYINT) AS h
        FROM read_parquet('{path}') ORDER BY u
    """)
    parts = [con.sql(_duckdb_query(work, cutoff)).fetchnumpy() for cutoff in work.cutoffs]
    return np.concatenate([np.ma.column_stack([part[name] for name in work.columns]).filled(np.nan) for part in parts])


def _duckdb_query(work: Work, cutoff: int) -> str:
    columns = []
    for days in work.windows:
        inside = f"s >= {cutoff - days * DAY}"
        buy = f"{inside} AND t = 0"
        columns += [f"countif({inside} AND t = {code}) AS {one}_count_{days}d" for code, one in enumerate(TYPES)]
        amounts = {one: f"{one}(CASE WHEN {buy} THEN a END) / 100.0" for one in AMOUNTS}
        amounts["sum"] = f"sum(CASE WHEN {buy} THEN a ELSE 0 END) / 100.0"
        columns += [f"{amounts[one]} AS spend_{one}_{days}d" for one in AMOUNTS]
        columns += [f"count(DISTINCT CASE WHEN {buy} THEN s // {DAY} END) AS buy_active_days_{days}d"]
        columns += [
            f"sum(CASE WHEN {buy} AND c = {n} THEN a ELSE 0 END) / 100.0 AS spend_c{n:02}_{days}d"
            for n in range(N_CATEGORIES)
        ]
        columns += [f"countif({buy} AND h = {n}) AS buy_ch{n}_{days}d" for n in range(N_CHANNELS)]
    return f"SELECT u, {', '.join(columns)} FROM events WHERE s < {cutoff} GROUP BY u"


def with_polars(path: Path, work: Work) -> np.ndarray:
    """Filter first, then one group-by for each window, joined: quicker than masked aggregates in one."""
    events = (
        pl.scan_parquet(path)
        .select(
            u=pl.col("user_id").str.slice(1).cast(pl.Int32),
            s=pl.col("event_time").dt.epoch("s"),
            t=pl.col("event_type"),
            a=(pl.col("amount") * 100).round().cast(pl.Int64),
            c=pl.col("category").str.slice(1).cast(pl.Int8),
            h=pl.col("channel").str.slice(2).cast(pl.Int8),
        )
        .collect()
    )
    return np.concatenate([_polars_at(events, work, cutoff) for cutoff in work.cutoffs])


def _polars_at(events: pl.DataFrame, work: Work, cutoff: int) -> np.ndarray:
    known = events.lazy().filter(pl.col("s") < cutoff)
    found = known.select("u").unique()
    for days in work.windows:
        buy = pl.col("t") == "buy"
        spend = pl.when(buy).then(pl.col("a"))
        columns = [(pl.col("t") == one).sum().alias(f"{one}_count_{days}d") for one in TYPES]
        columns += [(getattr(spend, one)() / 100).alias(f"spend_{one}_{days}d") for one in AMOUNTS]
        columns += [pl.when(buy).then(pl.col("s") // DAY).drop_nulls().n_unique().alias(f"buy_active_days_{days}d")]
        columns += [
            (pl.when(buy & (pl.col("c") == n)).then(pl.col("a")).sum() / 100).alias(f"spend_c{n:02}_{days}d")
            for n in range(N_CATEGORIES)
        ]
        columns += [(buy & (pl.col("h") == n)).sum().alias(f"buy_ch{n}_{days}d") for n in range(N_CHANNELS)]
        window = known.filter(pl.col("s") >= cutoff - days * DAY).group_by("u").agg(columns)
        found = found.join(window, on="u", how="left")
    return found.with_columns(pl.col(_zero_when_empty(work)).fill_null(0)).select(work.columns).collect().to_numpy()


def with_pandas(path: Path, work: Work) -> np.ndarray:
    """Filter by window, then group by user and value and unstack: quicker than masks."""
    raw = pd.read_parquet(path)
    events = pd.DataFrame(
        {
            "u": raw["user_id"].str[1:].astype("int32"),
            "s": raw["event_time"].astype("int64") // 1_000_000,
            "t": raw["event_type"].astype("category"),
            "a": (raw["amount"] * 100).round().astype("int64"),
            "c": raw["category"].str[1:].astype("int8"),
            "h": raw["channel"].str[2:].astype("int8"),
        }
    )
    return np.concatenate([_pandas_at(events, work, cutoff) for cutoff in work.cutoffs])


def _pandas_at(events: pd.DataFrame, work: Work, cutoff: int) -> np.ndarray:
    known = events[events["s"] < cutoff]
    found: dict[str, pd.Series] = {}
    for days in work.windows:
        inside = known[known["s"] >= cutoff - days * DAY]
        buys = inside[inside["t"] == "buy"]
        counts = inside.groupby(["u", "t"], observed=False).size().unstack(fill_value=0)
        amounts = buys.groupby("u")["a"].agg(list(AMOUNTS)) / 100
        spend = buys.groupby(["u", "c"])["a"].sum().unstack(fill_value=0) / 100
        channels = buys.groupby(["u", "h"]).size().unstack(fill_value=0)
        found |= {f"{one}_count_{days}d": counts[one] for one in TYPES}
        found |= {f"spend_{one}_{days}d": amounts[one] for one in AMOUNTS}
        found[f"buy_active_days_{days}d"] = (buys["s"] // DAY).groupby(buys["u"]).nunique()
        found |= {f"spend_c{n:02}_{days}d": spend[n] for n in range(N_CATEGORIES)}
        found |= {f"buy_ch{n}_{days}d": channels[n] for n in range(N_CHANNELS)}
    table = pd.DataFrame(found, index=np.sort(known["u"].unique()))[work.columns]
    zero = _zero_when_empty(work)
    table[zero] = table[zero].fillna(0)
    return table.to_numpy(dtype=np.float64)


def _zero_when_empty(work: Work) -> list[str]:
    undefined = tuple(f"spend_{one}_" for one in ("mean", "min", "max"))
    return [name for name in work.columns if not name.startswith(undefined)]


RIVALS = {"duckdb": with_duckdb, "polars": with_polars, "pandas": with_pandas}
