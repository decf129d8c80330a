"""A tag as its page shows it: what it means, whom it covers, how well it tells, what moves it, how it went so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ...models.forms import said_of_form
from ...tags.catalogue import Entry, Model, Rows
from ...tags.health import Health
from ...tags.published import Published
from ...tags.spread import BINS, Spread
from ...timeline import shown
from ..charts import Columns, columns
from ..saying import Tongue
from .amounts import AmountsProof, amounts_of
from .catalogue import Badge, Band, badge, bands_of, state_of
from .proof import Driver, Proof, Tier, drivers_of, proof_of, proven, tiers_of

__all__ = ["Healthiness", "Instant", "Meaning", "Measure", "TagView", "tag_view"]

_PARTS = {
    "who": ("Who is judged", "对象"),
    "when": ("When", "时刻"),
    "outcome": ("What may happen", "结果"),
    "class": ("Classes", "类别"),
    "score": ("Scores", "评分"),
    "shows": ("What it shows", "内容"),
    "attribute": ("Where it comes from", "来源"),
}
_MEASURES = {
    "average_precision": ("average precision", "平均精度"),
    "auc": ("AUC", "AUC"),
    "lift_10": ("lift, top 10 %", "前 10% 提升度"),
    "log_loss": ("log-loss", "对数损失"),
    "brier": ("Brier score", "Brier 分数"),
    "mean_ratio": ("expected for each that came", "预计与实际之比"),
    "deviance": ("deviance", "偏差"),
    "gini": ("Gini", "基尼系数"),
    "share_10": ("held by the top 10 %", "前 10% 所占份额"),
    "mean_absolute_error": ("mean error", "平均误差"),
    "total_ratio": ("expected for each 1 that came", "预计与实际之比"),
}
_HEALTH = {
    "coverage": ("Covers", "覆盖"),
    "freshness": ("Fresh", "新鲜度"),
    "stability": ("Steady", "稳定性"),
    "use": ("Used", "使用"),
    "contribution": ("Beats the rule", "优于规则"),
}
_HEALTHY, _AILING = 75, 50
"""Points from which on a tag is healthy, and below which it needs a look."""


@dataclass(frozen=True)
class Meaning:
    """One part of what the tag means."""

    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Instant:
    """One time that the tag was written."""

    day: str
    users: str
    changes: str
    run_id: str


@dataclass(frozen=True)
class Measure:
    """A number for analysts."""

    name: str
    value: str


@dataclass(frozen=True)
class ForAnalysts:
    """How good the champion is, which version, until when it was trained and by which recipe, and its measures."""

    sentence: str
    model: str
    trained_until: str
    recipe: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Healthiness:
    """How healthy the tag is, of 100, part by part: name, points and why; `proposal` says what should be done."""

    points: str
    level: str
    parts: tuple[tuple[str, str, str], ...]
    proposal: str


@dataclass(frozen=True)
class TagView:
    """Everything on the page of a tag; what is not known is None or empty."""

    tag: str
    title: str
    description: str
    kind: str
    badge: Badge
    until: str
    is_stale: bool
    users: str
    everybody: str
    coverage: str
    expected: str
    is_amount: bool
    chance: str
    meaning: tuple[Meaning, ...]
    bands: tuple[Band, ...]
    tiers: tuple[Tier, ...]
    proof: Proof | None
    amounts: AmountsProof | None
    histogram: Columns | None
    drivers: tuple[Driver, ...]
    history: tuple[Instant, ...]
    owner: str
    purpose: str
    as_of: str
    analysts: ForAnalysts | None
    health: Healthiness | None
    notes: tuple[str, ...]


def tag_view(
    entry: Entry,
    card: Mapping[str, Any],
    spread: Spread | None,
    health: Health | None,
    history: Sequence[Published],
    t: Tongue,
) -> TagView:
    """The page of a tag.

    Args:
        card: of its champion; empty without one.
    """
    rows, proof, amounts = entry.rows, proven(card, "chance"), proven(card, "amount")
    told = proof or amounts
    shares = {band.name: band.share for band in rows.bands} if rows and proof else {}
    return TagView(
        tag=entry.tag,
        title=t.said(entry.title),
        description=t.said(entry.description),
        kind=entry.kind,
        badge=badge(entry, t),
        until=_until(entry, t),
        is_stale=state_of(entry, t)[1],
        users=t.count(rows.users) if rows else "",
        everybody=t.count(entry.users_in_log),
        coverage=t.percent(entry.coverage) if entry.coverage is not None else "",
        expected=t.count(rows.expected) if rows and rows.expected is not None else "",
        is_amount=rows is not None and rows.mean_expected is not None,
        chance=_on_average(rows, t) if rows else "",
        meaning=tuple(_meaning(entry, t)),
        bands=bands_of(entry, t),
        tiers=tuple(tiers_of(entry, spread, shares, proof, t)),
        proof=proof_of(proof, shares, t) if proof else None,
        amounts=amounts_of(amounts, t) if amounts else None,
        histogram=_histogram(spread, t) if spread and spread.users else None,
        drivers=tuple(drivers_of(told, t, is_amount=amounts is not None)) if told else (),
        history=tuple(_instant(one, t) for one in reversed(history)),
        owner=entry.owner,
        purpose=t.name(entry.purpose),
        as_of=t.moment(rows.as_of) if rows else "",
        analysts=_for_analysts(entry.model, t) if entry.model else None,
        health=_healthiness(health, t) if health is not None and health.points is not None else None,
        notes=tuple(_notes(entry, t)),
    )


def _notes(entry: Entry, t: Tongue) -> Iterator[str]:
    """How far the tag has come, where it is not for everybody's use, and what is odd about it."""
    if entry.state == "draft":
        yield t("A draft: not to be used for audiences yet.", "草稿：尚不可用于人群。")
    if entry.state == "deprecated":
        yield t("On its way out.", "即将下线。") + (
            t(" Use {other} instead.", "请改用 {other}。", other=entry.instead) if entry.instead else ""
        )
    yield from (t.said(note) for note in entry.notes)


def _healthiness(health: Health, t: Tongue) -> Healthiness:
    points = health.points or 0
    return Healthiness(
        points=str(points),
        level="good" if points >= _HEALTHY else "fair" if points >= _AILING else "weak",
        parts=tuple(
            (t(*_HEALTH[one.name]), "–" if one.points is None else str(one.points), t.said(one.said))
            for one in health.parts
        ),
        proposal=t.said(health.proposal) if health.proposal else "",
    )


def _on_average(rows: Rows, t: Tongue) -> str:
    """The mean chance, or the mean amount."""
    if rows.mean_expected is not None:
        return t("{mean} each", "人均 {mean}", mean=f"{rows.mean_expected:,.2f}")
    return t.of_hundred(rows.mean_probability) if rows.mean_probability is not None else ""


def _until(entry: Entry, t: Tongue) -> str:
    """Until when it may be used, or that it may not."""
    if entry.status != "published" or entry.rows is None or entry.rows.valid_until is None:
        return state_of(entry, t)[0]
    return t("until {day}", "至 {day}", day=t.day(entry.rows.valid_until))


def _for_analysts(model: Model, t: Tongue) -> ForAnalysts:
    return ForAnalysts(
        sentence=t.said(model.sentence),
        model=_version(model, t),
        trained_until=t.day(model.trained_until),
        recipe=t.said(model.recipe) if model.recipe else "",
        measures=tuple(_measures(model, t)),
    )


def _version(model: Model, t: Tongue) -> str:
    form = t(*said_of_form(model.form))
    return t("version {version}, {form}", "版本 {version}，{form}", version=model.version, form=form)


def _measures(model: Model, t: Tongue) -> Iterator[Measure]:
    """The measures that have a name for analysts."""
    for name, value in model.metrics.items():
        if name in _MEASURES:
            yield Measure(t(*_MEASURES[name]), f"{value:.3f}")


def _meaning(entry: Entry, t: Tongue) -> Iterator[Meaning]:
    for name, parts in groupby(entry.definition, key=lambda part: part.name):
        yield Meaning(t(*_PARTS.get(name, (name, name))), tuple(t.said(part.said) for part in parts))


def _histogram(spread: Spread, t: Tongue) -> Columns:
    step = 100 // BINS
    english, chinese = "{low} to {high} of 100: {n} people", "每 100 人 {low} 至 {high} 人：{n} 人"
    told = [
        t(english, chinese, low=step * n, high=step * (n + 1), n=t.count(count))
        for n, count in enumerate(spread.counts)
    ]
    return columns(spread.counts, told, 320.0, 96.0)


def _instant(one: Published, t: Tongue) -> Instant:
    changes = one.changes
    told = ""
    if changes is not None and changes.get("since") is None:
        told = t("{n} for the first time", "首次：{n}", n=t.count(changes["added"]))
    elif changes is not None:
        words = {name: t.count(changes[name]) for name in ("added", "updated", "left")}
        told = t("{added} came, {updated} moved, {left} left", "新增 {added}，变动 {updated}，离开 {left}", **words)
    return Instant(t.moment(shown(one.as_of)), t.count(one.rows), told, one.run_id)
