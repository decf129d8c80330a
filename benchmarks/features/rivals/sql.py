"""The work in SQL that DuckDB and Spark both read: no FILTER, which costs DuckDB twice, and one scan for each cutoff.

The events are a table of user `u`, second `s`, day `d`, type `t`, amount in cents `a`, category `c` and channel `h`.
"""

from __future__ import annotations

from ..work import AMOUNTS, Work
from ..world import DAY, TYPES

EXTREMES = {"spend_min": "min", "spend_max": "max"}


def by_countif(work: Work, cutoff: int) -> str:
    """Every feature an aggregate of its own over all events."""
    columns = [
        f"CAST({aggregate} AS FLOAT) AS {name}_{days}d"
        for days in work.shape.windows
        for name, aggregate in _aggregates(work, f"s >= {cutoff - days * DAY}").items()
    ]
    return f"SELECT u, {', '.join(columns)} FROM events WHERE s < {cutoff} GROUP BY u"


def by_bands(work: Work, cutoff: int) -> str:
    """Windows are nested: aggregate once for each user and band between two of them, then add the bands up."""
    windows = work.shape.windows
    kept = {name: aggregate for name, aggregate in _aggregates(work, "true").items() if name != "spend_mean"}
    inner = ", ".join(f"{one} AS {name}" for name, one in kept.items() if name != "buy_active_days")
    outer = ", ".join(_within(band, days, list(kept)) for band, days in enumerate(windows))
    band = " ".join(f"WHEN s >= {cutoff - days * DAY} THEN {number}" for number, days in enumerate(windows))
    day_bands = f"SELECT u, min(b) AS b FROM banded WHERE t = 0 AND b < {len(windows)} GROUP BY u, d"
    days = f"LEFT JOIN (SELECT u, b, count(*) AS buy_active_days FROM ({day_bands}) GROUP BY u, b) USING (u, b)"
    return f"""
        WITH banded AS (SELECT *, CASE {band} ELSE {len(windows)} END AS b FROM events WHERE s < {cutoff}),
             per_band AS (SELECT u, b, {inner} FROM banded GROUP BY u, b)
        SELECT u, {outer} FROM per_band {days if work.shape.active_days else ""} GROUP BY u
    """


def _aggregates(work: Work, inside: str) -> dict[str, str]:
    buy = f"{inside} AND t = 0"
    found = {f"{one}_count": f"count_if({inside} AND t = {code})" for code, one in enumerate(TYPES)}
    found |= {f"spend_{one}": f"{one}(CASE WHEN {buy} THEN a END) / 100" for one in AMOUNTS}
    found["spend_sum"] = f"sum(CASE WHEN {buy} THEN a ELSE 0 END) / 100"
    if work.shape.active_days:
        found["buy_active_days"] = f"count(DISTINCT CASE WHEN {buy} THEN d END)"
    for one in work.shape.categories:
        found[f"spend_{one}"] = f"sum(CASE WHEN {buy} AND c = {int(one[1:])} THEN a ELSE 0 END) / 100"
    for one in work.shape.channels:
        found[f"buy_{one}"] = f"count_if({buy} AND h = {int(one[2:])})"
    return found


def _within(band: int, days: int, names: list[str]) -> str:
    """The features of the window that ends with a band."""

    def added(name: str) -> str:
        column = f"CASE WHEN b <= {band} THEN {name} END"
        return f"{EXTREMES[name]}({column})" if name in EXTREMES else f"coalesce(sum({column}), 0)"

    found = {name: added(name) for name in names}
    found["spend_mean"] = f"{added('spend_sum')} / nullif({added('buy_count')}, 0)"
    return ", ".join(f"CAST({one} AS FLOAT) AS {name}_{days}d" for name, one in found.items())
