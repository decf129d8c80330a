"""What the test of a model showed, as a page says it: what came of each tier, whether chances came true, drivers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...models.reliability import wilson
from ...tags.catalogue import Entry
from ...tags.spread import Spread
from ..charts import Curve, curve
from ..saying import Tongue

__all__ = ["Driver", "Proof", "Tier", "drivers_of", "period_of", "proof_of", "proven", "said_and_came", "tiers_of"]

_LEAST = 0.01
"""Drivers that move less of the score are not told."""


@dataclass(frozen=True)
class Tier:
    """A tier: how many users have it now and their mean chance; and what came of as many, ranked alike, in the test.

    `rate`, `low` and `high` are shares of the scale up to `top`, 0 to 100, for drawing.
    """

    key: str
    name: str
    place: int
    users: str
    chance: str
    came: str
    interval: str
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class Proof:
    """What the test showed: how often the outcome came to everybody in it, and whether chances came true."""

    everybody: str
    everybody_at: float
    rows: str
    positives: str
    period: str
    sentence: str
    curve: Curve
    error: str


@dataclass(frozen=True)
class Driver:
    """What moves the score: its part of all that does, 0 to 100, and which way it pulls."""

    sentence: str
    share: float
    told: str
    pull: str
    direction: str


def proven(card: Mapping[str, Any], learned: Literal["chance", "amount"]) -> Mapping[str, Any] | None:
    """What the test showed of the champion with this card, if that is what it learned; one that is silent: chances."""
    return card.get("proof") if card.get("learned", "chance") == learned else None


def tiers_of(
    entry: Entry, spread: Spread | None, shares: Mapping[str, float], proof: Mapping[str, Any] | None, t: Tongue
) -> Iterator[Tier]:
    """Each tier with the people who have it now, and what came of as many in the test, ranked alike.

    Args:
        shares: of the tiers, best first.
    """
    users = {band.name: band.users for band in entry.rows.bands} if entry.rows else {}
    means = {tier.name: tier.mean for tier in spread.tiers} if spread else {}
    top = _scale(proof, shares)
    for place, (name, (rate, low, high)) in enumerate(_rates(proof, shares).items()):
        yield Tier(
            key=name,
            name=t.name(name),
            place=place,
            users=t.count(users.get(name, 0)),
            chance=t.of_hundred(means[name]) if name in means else "",
            came=t.of_hundred(rate) if proof else "",
            interval=t("{low} to {high}", "{low} 至 {high}", low=round(100 * low), high=round(100 * high)),
            rate=100 * rate / top,
            low=100 * low / top,
            high=100 * high / top,
        )


def _rates(proof: Mapping[str, Any] | None, shares: Mapping[str, float]) -> dict[str, tuple[float, float, float]]:
    """Of each tier, how often the outcome came to those who would have had it in the test, with its 95 % interval."""
    if proof is None:
        return dict.fromkeys(shares, (0.0, 0.0, 0.0))
    found, start = {}, 0.0
    for name, share in shares.items():
        end = start + share
        rows = max(round(proof["test"]["rows"] * (end - start)), 1)
        hits = min(max(round(_reached(proof, end) - _reached(proof, start)), 0), rows)
        found[name] = (hits / rows, *wilson(hits, rows))
        start = end
    return found


def _reached(proof: Mapping[str, Any], share: float) -> float:
    """Outcomes among the best-ranked share, between whole percents in proportion."""
    steps: Sequence[float] = proof["reached"]
    place = min(share, 1.0) * (len(steps) - 1)
    below = min(int(place), len(steps) - 2)
    return steps[below] + (steps[below + 1] - steps[below]) * (place - below)


def _scale(proof: Mapping[str, Any] | None, shares: Mapping[str, float]) -> float:
    """Up to which share the bars of the tiers reach."""
    return max((high for _, _, high in _rates(proof, shares).values()), default=1.0) or 1.0


def proof_of(proof: Mapping[str, Any], shares: Mapping[str, float], t: Tongue) -> Proof:
    """What the test showed of everybody in it, and whether chances came true.

    Args:
        shares: of the tiers, best first.
    """
    top = _scale(proof, shares)
    test, bins = proof["test"], proof["reliability"]
    rate = test["positives"] / test["rows"]
    dots = [(one["chance"], one["rate"], one["low"], one["high"], _told(one, t)) for one in bins]
    error = proof["calibration_error"]["value"]
    return Proof(
        everybody=t.of_hundred(rate),
        everybody_at=min(100 * rate / top, 100.0),
        rows=t.count(test["rows"]),
        positives=t.count(test["positives"]),
        period=period_of(test, t),
        sentence=_trust(error, t),
        curve=curve(dots, 240.0),
        error=f"{100 * error:.1f}",
    )


def period_of(test: Mapping[str, Any], t: Tongue) -> str:
    """When people were ranked for the test: on a day, or on several."""
    first, last = t.day(test["first"]), t.day(test["last"])
    return first if first == last else t("from {first} to {last}", "{first} 至 {last}", first=first, last=last)


def _trust(error: float, t: Tongue) -> str:
    points = f"{100 * error:.0f}" if error >= 0.01 else t("less than 1", "不到 1")
    return t(
        "On average the chances were off by {points} in 100.",
        "平均而言，预测与实际相差每 100 人 {points} 人。",
        points=points,
    )


def _told(one: Mapping[str, Any], t: Tongue) -> str:
    return said_and_came(t.of_hundred(one["chance"]), t.of_hundred(one["rate"]), one["rows"], t)


def said_and_came(said: str, came: str, rows: int, t: Tongue) -> str:
    """What a dot says of so many people when it is pointed at."""
    return t(
        "We said {said}; it came to {came} ({rows} people)",
        "预测{said}，实际{came}（{rows} 人）",
        said=said,
        came=came,
        rows=t.count(rows),
    )


def drivers_of(proof: Mapping[str, Any], t: Tongue, *, is_amount: bool = False) -> Iterator[Driver]:
    """What moves the score, the strongest first."""
    most = max((one["share"] for one in proof["drivers"]), default=1.0)
    raises = t("more makes it more", "越多则越多") if is_amount else t("more makes it likelier", "越多越可能")
    lowers = t("more makes it less", "越多则越少") if is_amount else t("more makes it less likely", "越多越不可能")
    pulls = {"raises": raises, "lowers": lowers, "mixed": t("depends", "视情况而定")}
    for one in proof["drivers"]:
        if one["share"] < _LEAST:
            return
        yield Driver(one[t.lang], 100 * one["share"] / most, t.percent(one["share"]), one["pull"], pulls[one["pull"]])
