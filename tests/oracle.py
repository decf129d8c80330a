"""Every feature as a plain loop over plain events, in whole numbers and fractions: short enough to be believed."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from limner.features.plan import Feature, Plan, Signal

__all__ = ["Event", "Known", "as_of", "feature_of", "float32"]

DAY = 86_400
Known = float | None


@dataclass(frozen=True)
class Event:
    user: str
    type: str
    known_micros: int
    number: int | None = None
    category: str | None = None

    @property
    def second(self) -> int:
        return self.known_micros // 1_000_000


def float32(exact: Fraction) -> float:
    if exact == 0:
        return 0.0
    size, exponent = abs(exact), 0
    while size >= 2**24:
        size, exponent = size / 2, exponent + 1
    while size < 2**23:
        size, exponent = size * 2, exponent - 1
    nearest = round(size) * Fraction(2) ** exponent
    return float(nearest if exact > 0 else -nearest)


def inside(events: list[Event], cutoff: int, width: int | None) -> list[Event]:
    return [e for e in events if e.second < cutoff and (width is None or e.second >= cutoff - width)]


def of_signal(events: list[Event], signal: Signal, feature: Feature, plan: Plan) -> list[Event]:
    found = [e for e in events if e.type == signal.stream.event_type]
    if feature.part is None:
        return found
    if feature.part.value is not None:
        return [e for e in found if e.category == feature.part.value]
    return [e for e in found if e.category is not None and e.category not in plan.parts["category"]]


def amount(events: list[Event], signal: Signal) -> int:
    if signal.type == "number":
        return sum(e.number for e in events if e.number is not None)
    return len(events)


def deviation(values: list[int], per_one: int) -> Known:
    n = len(values)
    if n < 2:
        return None
    dividend = n * sum(v * v for v in values) - sum(values) ** 2
    exact = math.sqrt(float(dividend) / float(n * (n - 1) * per_one**2))
    return struct.unpack("f", struct.pack("f", exact))[0]  # type: ignore[no-any-return]


def ratio(dividend: int, divisor: int) -> Known:
    return None if divisor == 0 else float32(Fraction(dividend, divisor))


def of_values(aggregate: str, values: list[int], per_one: int) -> Known:
    if aggregate == "sum":
        return ratio(sum(values), per_one)
    if aggregate == "std":
        return deviation(values, per_one)
    if not values:
        return None
    if aggregate == "mean":
        return ratio(sum(values), len(values) * per_one)
    if aggregate in {"last_2", "last_3"}:
        back = int(aggregate[-1])
        return ratio(values[-back], per_one) if len(values) >= back else None
    chosen = {"min": min(values), "max": max(values), "last": values[-1]}[aggregate]
    return ratio(chosen, per_one)


def of_times(aggregate: str, seconds: list[int], cutoff: int, known_since: int) -> Known:
    gaps = [later - earlier for earlier, later in pairwise(seconds)]
    if aggregate == "count":
        return float32(Fraction(len(seconds)))
    if aggregate == "active_days":
        return float(len({second // DAY for second in seconds}))
    if aggregate == "sessions":
        return float(bool(seconds) + sum(gap > 1_800 for gap in gaps))
    if aggregate == "streak":
        return float(streak({second // DAY for second in seconds}, (cutoff - 1) // DAY))
    if aggregate in {"days_to_second", "days_to_third"}:
        place = 1 if aggregate == "days_to_second" else 2
        return ratio(seconds[place] - seconds[0], DAY) if len(seconds) > place else None
    if aggregate == "gap_mean":
        return ratio(sum(gaps), len(gaps) * DAY)
    if aggregate == "gap_std":
        return deviation(gaps, DAY)
    is_early = bool(seconds) and seconds[0] < known_since
    if aggregate == "age_unknown":
        return float(is_early)
    if not seconds or (aggregate == "days_since_first" and is_early):
        return None
    return ratio(cutoff - (seconds[-1] if aggregate == "days_since_last" else seconds[0]), DAY)


def streak(days: set[int], today: int) -> int:
    last = today if today in days else today - 1
    n = 0
    while last - n in days:
        n += 1
    return n


def decayed(events: list[Event], feature: Feature, plan: Plan, cutoff: int) -> tuple[float, float]:
    """The sum in which every value halves, and the same of its sizes."""
    signal, (half_life,) = plan.signals[feature.source], feature.windows
    mine = [e for e in of_signal(events, signal, feature, plan) if e.second < cutoff]
    values = [(e.number if signal.type == "number" else 1, e.second) for e in mine]
    left = [v / 10**signal.decimals * 0.5 ** ((cutoff - s) / half_life) for v, s in values if v is not None]
    return math.fsum(left), math.fsum(abs(one) for one in left)


def feature_of(user_events: list[Event], feature: Feature, plan: Plan, cutoff: int) -> Known:
    signal = plan.signals[feature.source]
    mine = of_signal(user_events, signal, feature, plan)
    width = feature.windows[0] if feature.windows else None
    window = inside(mine, cutoff, width)
    if feature.aggregate == "share":
        if feature.part is None:
            return ratio(len(window), len(inside(user_events, cutoff, width)))
        whole = of_signal(user_events, signal, plan.features[0], plan)
        return ratio(amount(window, signal), amount(inside(whole, cutoff, width), signal))
    if feature.aggregate == "trend":
        short, long = feature.windows
        recent = amount(inside(mine, cutoff, short), signal) * long
        return ratio(recent, amount(inside(mine, cutoff, long), signal) * short)
    if feature.aggregate == "distinct":
        return float(len({e.category for e in window} - {None}))
    if feature.aggregate in {"sum", "mean", "min", "max", "std", "last", "last_2", "last_3"}:
        values = [e.number for e in window if e.number is not None]
        return of_values(feature.aggregate, values, 10**signal.decimals)
    return of_times(feature.aggregate, [e.second for e in window], cutoff, plan.known_since)


def as_of(facts: list[tuple[int | None, float | None]], cutoff: int) -> Known:
    """The newest of (valid from in microseconds, value) before the cutoff."""
    before = [fact for fact in facts if fact[0] is None or fact[0] // 1_000_000 < cutoff]
    return max(before, key=lambda fact: -(2**62) if fact[0] is None else fact[0])[1] if before else None
