"""The catalogue as a page shows it: what each tag says, how good it is in words, and whom it covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...tags.catalogue import Entry
from ..charts import Piece, pieces
from ..saying import GRADES, Tongue

__all__ = ["Badge", "Band", "TagRow", "badge", "bands_of", "found_among", "row_of", "state_of"]

_KINDS = {"predictive": "prediction", "value": "amount"}
_STRIP = 100.0


@dataclass(frozen=True)
class Badge:
    """The quality of a tag in a word and in a sentence; `level` is good, fair, plain or weak."""

    word: str
    sentence: str
    level: str


@dataclass(frozen=True)
class Band:
    """A tier, class or value: its name as people read it, how many users, and which part of the tagged they are.

    `width` is of the largest share, 0 to 100.
    """

    key: str
    name: str
    users: str
    share: str
    width: float
    place: int


@dataclass(frozen=True)
class TagRow:
    """A tag in the catalogue."""

    tag: str
    title: str
    description: str
    kind: str
    badge: Badge
    finding: str
    strip: tuple[Piece, ...]
    bands: tuple[Band, ...]
    users: str
    state: str
    is_stale: bool
    owner: str


def row_of(entry: Entry, proof: Mapping[str, Any] | None, t: Tongue) -> TagRow:
    """The tag's line of the catalogue.

    Args:
        proof: what the test showed of its champion's chances, where there is one that tells.
    """
    bands = bands_of(entry, t)
    told = [f"{one.name}: {one.users}" for one in bands]
    state, is_stale = state_of(entry, t)
    return TagRow(
        tag=entry.tag,
        title=t.said(entry.title),
        description=t.said(entry.description),
        kind=t.name(entry.kind) if t.is_chinese else _KINDS.get(entry.kind, entry.kind),
        badge=badge(entry, t),
        finding=_finding(entry, proof, t),
        strip=pieces([one.share for one in entry.rows.bands] if entry.rows else [], told, _STRIP),
        bands=bands,
        users=t.count(entry.rows.users) if entry.rows else "",
        state=state,
        is_stale=is_stale,
        owner=entry.owner,
    )


def badge(entry: Entry, t: Tongue) -> Badge:
    """How far the tag can be trusted, in words."""
    if entry.state == "draft":
        return Badge(t("Draft", "草稿"), t("Not for use yet.", "尚不可使用。"), "weak")
    if entry.state == "deprecated":
        told = t("Use {other} instead.", "请改用 {other}。", other=entry.instead) if entry.instead else ""
        return Badge(t("On its way out", "即将下线"), told, "weak")
    if entry.grade is not None:
        word, sentence = GRADES[entry.grade]
        level = {"A": "good", "B": "good", "C": "fair", "rule": "plain"}.get(entry.grade, "weak")
        return Badge(t.said(word), t.said(sentence), level)
    if entry.kind == "fact":
        return Badge(t("Fact", "事实"), t("Taken from your data as it is.", "直接取自您的数据。"), "plain")
    if entry.kind == "rule":
        told = t("Follows from what people did, by conditions you can read.", "按可读的条件由行为推出。")
        return Badge(t("Rule", "规则"), told, "plain")
    return Badge(t("Not trained", "未训练"), t("There is no model yet.", "尚无模型。"), "weak")


def bands_of(entry: Entry, t: Tongue) -> tuple[Band, ...]:
    """The tiers, classes or values of the tag with their users."""
    if entry.rows is None:
        return ()
    name = str if entry.kind == "fact" else t.name
    most = max((one.share for one in entry.rows.bands), default=0.0) or 1.0
    return tuple(
        Band(
            one.name, name(one.name), t.count(one.users), t.percent(one.share), round(100 * one.share / most, 2), place
        )
        for place, one in enumerate(entry.rows.bands)
    )


def state_of(entry: Entry, t: Tongue) -> tuple[str, bool]:
    """Until when the tag may be used, or why it may not; and whether that is amiss."""
    rows = entry.rows
    if entry.status == "no model yet":
        return t("no model yet", "尚无模型"), True
    if rows is None:
        return t("never scored", "尚未打分"), True
    if rows.valid_until is None:
        return t("on nobody", "无人拥有"), True
    day = t.day(rows.valid_until)
    if entry.status == "expired":
        return t("expired on {day}", "已于 {day} 过期", day=day), True
    return t("good until {day}", "有效至 {day}", day=day), False


def found_among(entries: Sequence[Entry], words: str, kind: str) -> list[Entry]:
    """The tags in which every word occurs somewhere, of one kind where that is named."""
    wanted = words.lower().split()
    return [
        entry for entry in entries if (not kind or entry.kind == kind) and all(word in _text(entry) for word in wanted)
    ]


def _text(entry: Entry) -> str:
    said = (entry.title, entry.description, *(part.said for part in entry.definition))
    texts = [entry.tag, entry.owner, entry.purpose, *(text for one in said for text in one)]
    bands = [band.name for band in entry.rows.bands] if entry.rows else []
    return " ".join([*texts, *bands]).lower()


def _finding(entry: Entry, proof: Mapping[str, Any] | None, t: Tongue) -> str:
    """The one thing to know: what came of those ranked highest, or how many are expected, or the largest class."""
    rows = entry.rows
    if proof is not None:
        test = proof["test"]
        top = proof["reached"][10] / (test["rows"] / 10)
        words = {"top": t.of_hundred(top), "all": t.of_hundred(test["positives"] / test["rows"])}
        return t(
            "Of the tenth ranked highest, {top} did; of everybody, {all}.",
            "得分最高的十分之一中，{top}会发生；全部用户中，{all}。",
            **words,
        )
    if rows is not None and rows.expected is not None and rows.mean_expected is not None:
        words = {"n": t.count(rows.expected), "each": f"{rows.mean_expected:,.2f}"}
        return t("About {n} expected in all, {each} each.", "预计合计约 {n}，人均 {each}。", **words)
    if rows is not None and rows.expected is not None:
        words = {"n": t.count(rows.expected), "of": t.count(rows.users)}
        return t("Expected of about {n} of {of} users.", "预计 {of} 名用户中约有 {n} 名。", **words)
    if rows is not None and rows.bands:
        band = max(rows.bands, key=lambda one: one.users)
        name = band.name if entry.kind == "fact" else t.name(band.name)
        words = {"name": name, "share": t.percent(band.share)}
        return t("Most often: {name}, {share} of the tagged.", "最常见：{name}，占已标记用户的 {share}。", **words)
    return ""
