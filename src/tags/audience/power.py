"""What lift a holdout lets one see at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Literal

from ..declared import Said

__all__ = ["Direction", "Power", "power", "smallest_lift"]

Direction = Literal["rise", "fall"]

_ERROR, _SEEN = 0.05, 0.8
"""The chance of seeing a lift that is none, on two sides, and that of seeing one that is there."""
_STEPS = 60


@dataclass(frozen=True)
class Power:
    """The smallest lift that the holdout of an audience lets one see, in four of five campaigns.

    `base_rate` is how many of those who are left alone will have the outcome, as a share. `absolute` is the smallest
    difference of shares that is seen, `relative` the same by the base rate; both are None where none would be seen.
    """

    users: int
    held_out: int
    base_rate: float
    direction: Direction
    absolute: float | None

    @property
    def relative(self) -> float | None:
        """The smallest lift that is seen, as a part of the base rate."""
        return self.absolute / self.base_rate if self.absolute is not None and self.base_rate else None

    @property
    def sentence(self) -> Said:
        """What the holdout is good for, in words."""
        if self.absolute is None or self.relative is None:
            return Said(
                f"With {self.held_out:,} of {self.users:,} users held out, no lift would be seen; hold out more users, "
                "or make the audience larger.",
                f"{self.users:,} 名用户中保留 {self.held_out:,} 名作对照，无法观察到任何提升；请多留或扩大人群。",
            )
        points, part, rate = 100 * self.absolute, 100 * self.relative, 100 * self.base_rate
        word, change = ("rise", "上升") if self.direction == "rise" else ("fall", "下降")
        return Said(
            f"With {self.held_out:,} of {self.users:,} users held out and {rate:.1f} % expected among them, only a "
            f"{word} of at least {points:.1f} points ({part:.0f} % of that) would be seen, in four of five campaigns.",
            f"{self.users:,} 名用户中保留 {self.held_out:,} 名作对照，预计其中 {rate:.1f}% 会出现该结果；"
            f"只有{change}至少 {points:.1f} 个百分点（相对 {part:.0f}%）才能被观察到（五次活动中约有四次）。",
        )

    def as_dict(self) -> dict[str, Any]:
        """The power as JSON holds it."""
        return {**asdict(self), "relative": self.relative, "sentence": self.sentence.as_dict()}


def power(users: int, held_out: int, base_rate: float, direction: Direction = "rise") -> Power:
    """What lift would be seen in an audience of so many users, of whom some are held out."""
    found = smallest_lift(users - held_out, held_out, base_rate, direction)
    return Power(users, held_out, base_rate, direction, found)


def smallest_lift(treated: int, held_out: int, base_rate: float, direction: Direction = "rise") -> float | None:
    """The smallest difference of two shares that a two-sided test at 5 % sees four times of five; None where none is.

    With n1 treated users of whom p1 have the outcome, and n0 held out of whom p0 have it, and p the share of both
    together, a difference d = |p1 - p0| is seen with the wanted chance where

        d >= z(0.975) sqrt(p (1 - p) (1/n1 + 1/n0)) + z(0.8) sqrt(p1 (1 - p1) / n1 + p0 (1 - p0) / n0)

    Args:
        base_rate: p0, the share of the held out who have the outcome, 0 to 1.

    >>> round(smallest_lift(1080, 120, 0.3), 3)
    0.13

    Source: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions, third edition, Wiley
    (2003), sections 4.2 and 4.4.
    """
    room = 1 - base_rate if direction == "rise" else base_rate
    if min(treated, held_out) < 1 or not _is_seen(room, treated, held_out, base_rate, direction):
        return None
    low, high = 0.0, room
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _is_seen(middle, treated, held_out, base_rate, direction):
            high = middle
        else:
            low = middle
    return high


def _is_seen(difference: float, treated: int, held_out: int, base_rate: float, direction: Direction) -> bool:
    moved = base_rate + (difference if direction == "rise" else -difference)
    both = (treated * moved + held_out * base_rate) / (treated + held_out)
    by_chance = (both * (1 - both) * (1 / treated + 1 / held_out)) ** 0.5
    if_true = (max(0.0, moved * (1 - moved)) / treated + base_rate * (1 - base_rate) / held_out) ** 0.5
    normal = NormalDist()
    return difference > 0 and difference >= normal.inv_cdf(1 - _ERROR / 2) * by_chance + normal.inv_cdf(_SEEN) * if_true
