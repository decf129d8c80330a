"""A user as the page shows them: each tag with its reasons and trend, what they did, and what they lack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...tags.course import Course, Done
from ...tags.portrait import Held, Portrait
from ..charts import Columns, Line, columns, spark
from ..saying import Tongue

__all__ = ["Activity", "Day", "HeldTag", "PortraitView", "Reason", "portrait_view"]

_FEW = 2


@dataclass(frozen=True)
class Reason:
    """Why a chance is what it is; `raises` tells which way it pulls, `sign` the same in words."""

    raises: bool
    sign: str
    text: str


@dataclass(frozen=True)
class HeldTag:
    """A tag of the user, in words; `tier` is empty but for predictions, and `value` for them.

    `chance` is what is foretold, a chance or an amount, and `likeness` what goes with it.
    """

    tag: str
    title: str
    value: str
    chance: str
    likeness: str
    tier: str
    place: int
    rank: str
    reasons: tuple[Reason, ...]
    trend: Line | None
    trend_told: str
    moved: str
    freshness: str
    is_expired: bool
    why_not: str


@dataclass(frozen=True)
class Activity:
    """How often the user did something, week by week."""

    name: str
    total: str
    weeks: Columns


@dataclass(frozen=True)
class Day:
    """What the user did on a day."""

    day: str
    done: tuple[str, ...]


@dataclass(frozen=True)
class PortraitView:
    """Everything on the page of a user."""

    user_id: str
    seen: str
    tags: tuple[HeldTag, ...]
    facts: tuple[HeldTag, ...]
    lacks: tuple[tuple[str, str, str], ...]
    activity: tuple[Activity, ...]
    days: tuple[Day, ...]
    weeks_told: str


def portrait_view(portrait: Portrait, course: Course, tiers: dict[str, list[str]], t: Tongue) -> PortraitView:
    """The page of a user.

    Args:
        tiers: of each prediction, best first.
    """
    held = [_held(one, course, tiers.get(one.tag, []), t) for one in portrait.tags]
    return PortraitView(
        user_id=portrait.user_id,
        seen=_seen(portrait, t),
        tags=tuple(one for one in held if one.chance),
        facts=tuple(one for one in held if not one.chance),
        lacks=tuple((one.tag, t.said(one.title), t.said(one.why)) for one in portrait.lacks),
        activity=tuple(_activity(portrait, course, t)),
        days=tuple(_days(course.recent, t)),
        weeks_told=t("A bar a week, up to {day}", "每周一柱，截至 {day}", day=t.day(course.until)),
    )


def _held(held: Held, course: Course, tiers: Sequence[str], t: Tongue) -> HeldTag:
    points = course.trends.get(held.tag, ())
    told = [f"{t.day(one.as_of)}: {t.of_hundred(one.probability)}" for one in points]
    values = [(one.probability, text, one.version) for one, text in zip(points, told, strict=True)]
    until = t.day(held.valid_until)
    value = held.value or ""
    chance, likeness = _foreseen(held, t)
    return HeldTag(
        tag=held.tag,
        title=t.said(held.title),
        value=value if held.kind == "fact" else t.name(value),
        chance=chance,
        likeness=likeness,
        tier=t.name(held.tier) if held.tier else "",
        place=tiers.index(held.tier) if held.tier in tiers else 0,
        rank=t.rank(held.percentile, held.ranked) if held.percentile is not None else "",
        reasons=tuple(_reason(one["contribution"] > 0, one[t.lang], t) for one in held.reasons),
        trend=spark(values, 220.0, 44.0) if len(points) >= _FEW else None,
        trend_told=_trend_told(told, t),
        moved=t.said(held.change.said) if held.change is not None and held.change.said else "",
        freshness=t("expired on {day}: do not use it", "已于 {day} 过期，请勿使用", day=until)
        if held.is_expired
        else t("good until {day}", "有效至 {day}", day=until),
        is_expired=held.is_expired,
        why_not="" if held.eligible else held.why_not or t("not allowed", "不允许"),
    )


def _foreseen(held: Held, t: Tongue) -> tuple[str, str]:
    """The chance, or the amount with its bounds; nothing for tags that foretell neither."""
    if held.probability is not None:
        return t.of_hundred(held.probability), t("like this one would", "这样的用户会发生")
    if held.expected is None or held.low is None or held.high is None or held.ahead is None:
        return "", ""
    bounds = {"low": f"{held.low:,.2f}", "high": f"{held.high:,.2f}", "ahead": t.said(held.ahead)}
    words = (
        "in the next {ahead}, 8 of 10 between {low} and {high}",
        "未来{ahead}，10 人中有 8 人在 {low} 至 {high} 之间",
    )
    return t("{mean} expected", "预计 {mean}", mean=f"{held.expected:,.2f}"), t(*words, **bounds)


def _reason(raises: bool, text: str, t: Tongue) -> Reason:
    return Reason(raises, t("raises", "提高") if raises else t("lowers", "降低"), text)


def _trend_told(told: Sequence[str], t: Tongue) -> str:
    return (
        t("From {first} to {last}", "从 {first} 到 {last}", first=told[0], last=told[-1]) if len(told) >= _FEW else ""
    )


def _seen(portrait: Portrait, t: Tongue) -> str:
    if portrait.known_since is None or portrait.last_event is None:
        return t("No event of this user is known.", "没有该用户的任何事件。")
    return t(
        "Known since {first}, last seen on {last}.",
        "自 {first} 起有记录，最近一次为 {last}。",
        first=t.day(portrait.known_since),
        last=t.day(portrait.last_event),
    )


def _activity(portrait: Portrait, course: Course, t: Tongue) -> Iterator[Activity]:
    for event, times in portrait.events.items():
        weeks = course.weeks.get(event)
        if weeks is not None:
            told = [_ago(len(weeks) - 1 - place, count, t) for place, count in enumerate(weeks)]
            yield Activity(t.name(event), t.count(times), columns(weeks, told, 520.0, 36.0))


def _ago(weeks: int, count: int, t: Tongue) -> str:
    when = t("in the last week", "最近一周") if weeks == 0 else t("{n} weeks before", "{n} 周前", n=weeks)
    return t("{count} {when}", "{when}：{count}", count=count, when=when)


def _days(recent: Sequence[Done], t: Tongue) -> Iterator[Day]:
    for day, done in groupby(recent, key=lambda one: one.day):
        yield Day(t.day(day), tuple(_times(one, t) for one in done))


def _times(done: Done, t: Tongue) -> str:
    name = t.name(done.event)
    return name if done.times == 1 else t("{name} × {n}", "{name} × {n}", name=name, n=done.times)
