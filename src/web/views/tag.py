"""A tag as its page shows it: what it means, whom it covers, how well it tells, what moves it, how it went so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ...models.reliability import wilson
from ...tags.catalogue import Entry
from ...tags.health import Health
from ...tags.published import Published
from ...tags.spread import BINS, Spread
from ...timeline import shown
from ..charts import Columns, Curve, columns, curve
from ..saying import Tongue
from .catalogue import Badge, Band, badge, bands_of, state_of

__all__ = ["Driver", "Healthiness", "Instant", "Meaning", "Measure", "Proof", "TagView", "Tier", "tag_view"]

_PARTS = {
    "who": ("Who is judged", "对象"),
    "when": ("When", "时刻"),
    "outcome": ("What may happen", "结果"),
    "class": ("Classes", "类别"),
    "attribute": ("Where it comes from", "来源"),
}
_LEAST = 0.01
"""Drivers that move less of the score are not told."""
_MEASURES = {
    "average_precision": ("average precision", "平均精度"),
    "auc": ("AUC", "AUC"),
    "lift_10": ("lift, top 10 %", "前 10% 提升度"),
    "log_loss": ("log-loss", "对数损失"),
    "brier": ("Brier score", "Brier 分数"),
    "mean_ratio": ("expected for each that came", "预计与实际之比"),
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
_FORMS = {
    "forest": ("gradient-boosted trees", "梯度提升树"),
    "linear": ("logistic regression", "逻辑回归"),
}


@dataclass(frozen=True)
class Meaning:
    """One part of what the tag means."""

    name: str
    texts: tuple[str, ...]


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
    sentence: str
    until: str
    is_stale: bool
    users: str
    everybody: str
    coverage: str
    expected: str
    chance: str
    meaning: tuple[Meaning, ...]
    bands: tuple[Band, ...]
    tiers: tuple[Tier, ...]
    proof: Proof | None
    histogram: Columns | None
    drivers: tuple[Driver, ...]
    history: tuple[Instant, ...]
    owner: str
    purpose: str
    as_of: str
    model: str
    trained_until: str
    recipe: str
    analysts: tuple[Measure, ...]
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
    rows, model, proof = entry.rows, entry.model, card.get("proof")
    shares = {band.name: band.share for band in rows.bands} if rows and proof else {}
    return TagView(
        tag=entry.tag,
        title=t.said(entry.title),
        description=t.said(entry.description),
        kind=entry.kind,
        badge=badge(entry, t),
        sentence=t.said(model.sentence) if model else "",
        until=_until(entry, t),
        is_stale=state_of(entry, t)[1],
        users=t.count(rows.users) if rows else "",
        everybody=t.count(entry.users_in_log),
        coverage=t.percent(entry.coverage) if entry.coverage is not None else "",
        expected=t.count(rows.expected) if rows and rows.expected is not None else "",
        chance=t.of_hundred(rows.mean_probability) if rows and rows.mean_probability is not None else "",
        meaning=tuple(_meaning(entry, t)),
        bands=bands_of(entry, t),
        tiers=tuple(_tiers(entry, spread, shares, proof, t)),
        proof=_proof(proof, _scale(proof, shares), t) if proof else None,
        histogram=_histogram(spread, t) if spread and spread.users else None,
        drivers=tuple(_drivers(proof, t)) if proof else (),
        history=tuple(_instant(one, t) for one in reversed(history)),
        owner=entry.owner,
        purpose=t.name(entry.purpose),
        as_of=t.moment(rows.as_of) if rows else "",
        model=t("version {version}, {form}", "版本 {version}，{form}", version=model.version, form=_form(model.form, t))
        if model
        else "",
        trained_until=t.day(model.trained_until) if model else "",
        recipe=t.said(model.recipe) if model and model.recipe else "",
        analysts=tuple(Measure(t(*_MEASURES[name]), f"{value:.3f}") for name, value in model.metrics.items())
        if model
        else (),
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


def _until(entry: Entry, t: Tongue) -> str:
    """Until when it may be used, or that it may not."""
    if entry.status != "published" or entry.rows is None or entry.rows.valid_until is None:
        return state_of(entry, t)[0]
    return t("until {day}", "至 {day}", day=t.day(entry.rows.valid_until))


def _form(form: str, t: Tongue) -> str:
    return t(*_FORMS.get(form, ("a rule", "规则")))


def _meaning(entry: Entry, t: Tongue) -> Iterator[Meaning]:
    for name, parts in groupby(entry.definition, key=lambda part: part.name):
        yield Meaning(t(*_PARTS.get(name, (name, name))), tuple(t.said(part.said) for part in parts))


def _tiers(
    entry: Entry, spread: Spread | None, shares: Mapping[str, float], proof: Mapping[str, Any] | None, t: Tongue
) -> Iterator[Tier]:
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


def _proof(proof: Mapping[str, Any], top: float, t: Tongue) -> Proof:
    test, bins = proof["test"], proof["reliability"]
    rate = test["positives"] / test["rows"]
    dots = [(one["chance"], one["rate"], one["low"], one["high"], _told(one, t)) for one in bins]
    error = proof["calibration_error"]["value"]
    words = {"first": t.day(test["first"]), "last": t.day(test["last"])}
    is_span = test["first"] != test["last"]
    return Proof(
        everybody=t.of_hundred(rate),
        everybody_at=min(100 * rate / top, 100.0),
        rows=t.count(test["rows"]),
        positives=t.count(test["positives"]),
        period=t("from {first} to {last}", "{first} 至 {last}", **words) if is_span else words["first"],
        sentence=_trust(error, t),
        curve=curve(dots, 240.0),
        error=f"{100 * error:.1f}",
    )


def _trust(error: float, t: Tongue) -> str:
    points = f"{100 * error:.0f}" if error >= 0.01 else t("less than 1", "不到 1")
    return t(
        "On average the chances were off by {points} in 100.",
        "平均而言，预测与实际相差每 100 人 {points} 人。",
        points=points,
    )


def _told(one: Mapping[str, Any], t: Tongue) -> str:
    return t(
        "We said {said}; it came to {came} ({rows} people)",
        "预测{said}，实际{came}（{rows} 人）",
        said=t.of_hundred(one["chance"]),
        came=t.of_hundred(one["rate"]),
        rows=t.count(one["rows"]),
    )


def _histogram(spread: Spread, t: Tongue) -> Columns:
    step = 100 // BINS
    english, chinese = "{low} to {high} of 100: {n} people", "每 100 人 {low} 至 {high} 人：{n} 人"
    told = [
        t(english, chinese, low=step * n, high=step * (n + 1), n=t.count(count))
        for n, count in enumerate(spread.counts)
    ]
    return columns(spread.counts, told, 320.0, 96.0)


def _drivers(proof: Mapping[str, Any], t: Tongue) -> Iterator[Driver]:
    most = max((one["share"] for one in proof["drivers"]), default=1.0)
    pulls = {
        "raises": t("more makes it likelier", "越多越可能"),
        "lowers": t("more makes it less likely", "越多越不可能"),
        "mixed": t("depends", "视情况而定"),
    }
    for one in proof["drivers"]:
        if one["share"] < _LEAST:
            return
        yield Driver(one[t.lang], 100 * one["share"] / most, t.percent(one["share"]), one["pull"], pulls[one["pull"]])


def _instant(one: Published, t: Tongue) -> Instant:
    changes = one.changes
    told = ""
    if changes is not None and changes.get("since") is None:
        told = t("{n} for the first time", "首次：{n}", n=t.count(changes["added"]))
    elif changes is not None:
        words = {name: t.count(changes[name]) for name in ("added", "updated", "left")}
        told = t("{added} came, {updated} moved, {left} left", "新增 {added}，变动 {updated}，离开 {left}", **words)
    return Instant(t.moment(shown(one.as_of)), t.count(one.rows), told, one.run_id)
