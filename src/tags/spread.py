"""How the chances of a prediction are spread over everybody who has it, from the wide table `current`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..engines.duck import connect, literal, quoted
from ..engines.store import Store
from ..timeline import MICROS

__all__ = ["BINS", "Spread", "TierSpread", "spread"]

BINS = 20
"""Bins of the histogram, from 0 to 1."""


@dataclass(frozen=True)
class TierSpread:
    """A tier: how many users, the mean of their chances, the least and the greatest."""

    name: str
    users: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """Users by their chance: `counts` in bins of 5 percent, and tier by tier, best first. Expired rows do not count."""

    counts: tuple[int, ...]
    tiers: tuple[TierSpread, ...]

    @property
    def users(self) -> int:
        """How many have the tag now."""
        return sum(self.counts)

    def as_dict(self) -> dict[str, Any]:
        """The spread as JSON holds it."""
        return asdict(self)


def spread(store: Store, tag: str, tiers: Sequence[str], now: int) -> Spread | None:
    """How the chances of a predictive tag are spread; None where `current` has no such columns yet.

    Args:
        tiers: their names, best first.
        now: the second by which rows expire.
    """
    files = store.files("current")
    if not files:
        return None
    read = f"read_parquet([{', '.join(literal(file) for file in files)}], hive_partitioning = false)"
    chance, tier, until = (quoted(f"{tag}_{name}") for name in ("probability", "tier", "valid_until"))
    with connect(threads=2) as con:
        columns = {row[0] for row in con.sql(f"DESCRIBE SELECT * FROM {read}").fetchall()}
        if f"{tag}_probability" not in columns:
            return None
        rows = con.sql(f"""
            SELECT {tier}, least(CAST(floor({chance} * {BINS}) AS INTEGER), {BINS - 1}) AS bin, count(*), sum({chance}),
                   min({chance}), max({chance})
            FROM {read} WHERE {chance} IS NOT NULL AND epoch_us({until}) > {now * MICROS} GROUP BY ALL
        """).fetchall()
    counts = [sum(n for _, at, n, *_ in rows if at == place) for place in range(BINS)]
    named = [(name, [row for row in rows if row[0] == name]) for name in tiers]
    return Spread(tuple(counts), tuple(_tier(name, found) for name, found in named if found))


def _tier(name: str, rows: Sequence[tuple[str, int, int, float, float, float]]) -> TierSpread:
    users = sum(row[2] for row in rows)
    mean = sum(row[3] for row in rows) / users
    return TierSpread(name, users, mean, min(row[4] for row in rows), max(row[5] for row in rows))
