"""An audience as pages show it: how many, what to expect of them, how they differ from everybody, and who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...tags.audience import Audience, Breakdown, Count, Expected, Power, Preview, Slice
from ...tags.audience.outcomes import MEANING
from ..saying import Tongue

__all__ = [
    "AudienceRow",
    "Beside",
    "Outcome",
    "People",
    "ResultView",
    "SliceRow",
    "Trait",
    "beside",
    "people",
    "result",
    "row_of",
    "sent_of",
    "traits",
]

_MANY, _FEW = 1.2, 0.8
"""From which ratio on something is said to be more, or less, frequent than among everybody."""
_LEAST_USERS = 5
_TRAITS = 6


@dataclass(frozen=True)
class AudienceRow:
    """A declared audience; `users` is empty where it cannot be counted, and `why` tells why."""

    name: str
    title: str
    description: str
    users: str
    share: str
    owner: str
    holdout: str
    sink: str
    why: str


@dataclass(frozen=True)
class Outcome:
    """What to expect of the audience for one prediction; `ratio` tells how much likelier they are than everybody."""

    tag: str
    title: str
    outcomes: str
    interval: str
    chance: str
    of_all: str
    ratio: str


@dataclass(frozen=True)
class ResultView:
    """The numbers of an audience."""

    users: str
    n: int
    everybody: str
    share: str
    width: float
    outcomes: tuple[Outcome, ...]
    meaning: str
    power: str


@dataclass(frozen=True)
class SliceRow:
    """A tier, class or value among the audience and among everybody; widths are of the largest share, 0 to 100."""

    name: str
    users: str
    share: str
    share_of_all: str
    width: float
    mark: float
    index: str
    told: str
    level: str


@dataclass(frozen=True)
class Beside:
    """The audience by a tag, beside everybody."""

    tag: str
    title: str
    rows: tuple[SliceRow, ...]


@dataclass(frozen=True)
class People:
    """The first people of the audience: column names, then for each their id and what stands in the columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    order: str


@dataclass(frozen=True)
class _Difference:
    """What is more, or less, frequent here than among everybody."""

    told: str
    strength: float


@dataclass(frozen=True)
class Trait:
    """The differences that stand out most."""

    more: tuple[str, ...]
    less: tuple[str, ...]


def row_of(found: Audience, t: Tongue) -> AudienceRow:
    """A declared audience in the list."""
    return AudienceRow(
        name=found.name,
        title=t.said(found.title),
        description=t.said(found.description),
        users=t.count(found.count.users) if found.count else "",
        share=t.of_hundred(found.count.share) if found.count else "",
        owner=found.owner,
        holdout=t.count(found.held_out) if found.held_out else "",
        sink=found.sink or "",
        why=found.problem or "",
    )


def sent_of(standing: Mapping[str, Any], t: Tongue) -> str:
    """How an audience stands at a sink since it was last sent."""
    english, chinese = "{sink} holds {n} people, sent on {day}", "{sink}：{n} 人，发送于 {day}"
    told = t(english, chinese, sink=standing["sink"], n=t.count(standing["holds"]), day=t.moment(standing["at"]))
    return told if standing["is_complete"] else told + t("; the last sync broke off", "；上次同步中断")


def result(count: Count, expected: Sequence[Expected], power: Power | None, t: Tongue) -> ResultView:
    """The numbers of an audience."""
    return ResultView(
        users=t.count(count.users),
        n=count.users,
        everybody=t.count(count.everybody),
        share=t.of_hundred(count.share),
        width=round(100 * count.share, 2),
        outcomes=tuple(_outcome(one, t) for one in expected if one.users),
        meaning=t.said(MEANING),
        power=t.said(power.sentence) if power is not None else "",
    )


def beside(found: Breakdown, t: Tongue, *, is_fact: bool) -> Beside:
    """The audience by a tag.

    Args:
        is_fact: whether its values are shown as they stand in the data.
    """
    slices = [*found.slices, *([found.others] if found.others else [])]
    most = max((max(one.share, one.share_of_all) for one in slices), default=1.0) or 1.0
    return Beside(found.tag, t.said(found.title), tuple(_row(one, most, t, is_fact=is_fact) for one in slices))


def people(found: Preview, names: dict[str, str], t: Tongue) -> People:
    """Who is in the audience, the first of them.

    Args:
        names: what the tag of each column is called.
    """
    shown = [(place, name) for place, name in enumerate(found.columns) if place and not name.endswith("_percentile")]
    order = (
        t("highest ranked by “{tag}” first", "按“{tag}”从高到低", tag=names[found.ordered_by])
        if found.ordered_by
        else ""
    )
    return People(
        columns=tuple(_column(name, names, t) for _, name in shown),
        rows=tuple((str(row[0]), tuple(_cell(name, row[place], t) for place, name in shown)) for row in found.rows),
        order=order,
    )


def traits(breakdowns: Sequence[Breakdown], t: Tongue) -> Trait:
    """What stands out of the audience by some tags: what it has more of than everybody, and less."""
    more, less = [], []
    for found in breakdowns:
        for one in found.slices:
            if one.name is None or one.index is None or one.everybody < _LEAST_USERS:
                continue
            if one.index >= 100 * _MANY and one.users >= _LEAST_USERS:
                more.append(_Difference(_told(found, one, t), one.share - one.share_of_all))
            elif one.index <= 100 * _FEW:
                less.append(_Difference(_told(found, one, t), one.share_of_all - one.share))
    return Trait(*(_strongest(all_) for all_ in (more, less)))


def _strongest(found: Sequence[_Difference]) -> tuple[str, ...]:
    return tuple(one.told for one in sorted(found, key=lambda one: -one.strength)[:_TRAITS])


def _told(found: Breakdown, one: Slice, t: Tongue) -> str:
    return t(
        "{title}: {name}. {share} of them, {all} of everybody.",
        "{title}：{name}。人群中 {share}，全部用户中 {all}。",
        title=t.said(found.title),
        name=t.name(one.name or ""),
        share=t.percent(one.share),
        all=t.percent(one.share_of_all),
    )


def _outcome(one: Expected, t: Tongue) -> Outcome:
    ratio = one.mean / one.mean_of_all if one.mean is not None and one.mean_of_all else None
    return Outcome(
        tag=one.tag,
        title=t.said(one.title),
        outcomes=t.count(one.outcomes),
        interval=t("{low} to {high}", "{low} 至 {high}", low=t.count(one.low), high=t.count(one.high)),
        chance=t.of_hundred(one.mean) if one.mean is not None else "",
        of_all=t.of_hundred(one.mean_of_all) if one.mean_of_all is not None else "",
        ratio="" if ratio is None else _ratio(ratio, t),
    )


def _ratio(ratio: float, t: Tongue) -> str:
    if ratio >= _MANY:
        return t("{n} as likely as everybody", "可能性是全部用户的 {n}", n=t.times(ratio))
    if ratio <= _FEW:
        return t("less likely than everybody ({n})", "可能性低于全部用户（{n}）", n=t.times(ratio))
    return t("about as likely as everybody", "与全部用户相近")


def _row(one: Slice, most: float, t: Tongue, *, is_fact: bool) -> SliceRow:
    name = {None: t("without it", "无此标签"), "": t("all others", "其余")}.get(one.name)
    ratio = None if one.index is None else one.index / 100
    level = "" if ratio is None else "more" if ratio >= _MANY else "less" if ratio <= _FEW else "same"
    words = {
        "more": t("more often", "更多"),
        "less": t("less often", "更少"),
        "same": t("as often", "相近"),
    }
    return SliceRow(
        name=name or (str(one.name) if is_fact else t.name(str(one.name))),
        users=t.count(one.users),
        share=t.percent(one.share),
        share_of_all=t.percent(one.share_of_all),
        width=round(100 * one.share / most, 2),
        mark=round(100 * one.share_of_all / most, 2),
        index="" if one.index is None else t.count(one.index),
        told=words.get(level, ""),
        level=level,
    )


def _column(name: str, names: dict[str, str], t: Tongue) -> str:
    for suffix, told in (
        ("_tier", t("tier", "分层")),
        ("_probability", t("chance", "可能性")),
        ("_expected", t("expected", "预计")),
    ):
        tag = name.removesuffix(suffix)
        if name.endswith(suffix) and tag in names:
            return f"{names[tag]}, {told}" if not t.is_chinese else f"{names[tag]}，{told}"
    return names.get(name, name)


def _cell(name: str, value: object, t: Tongue) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return t.count(value) if name.endswith("_expected") else t.of_hundred(value)
    return t.name(str(value)) if name.endswith("_tier") else str(value)
