"""The health of a tag, 0 to 100: the mean of up to five parts, each with its own figure and sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..timeline import instant
from .catalogue import Entry
from .declared import Said
from .stability import STABLE, UNSTABLE

__all__ = ["Health", "HealthPart", "Moved", "PartName", "Use", "health_of"]

PartName = Literal["coverage", "freshness", "stability", "use", "contribution"]

_WIDE = 0.20
"""The share of all users from which on a tag covers enough for any audience."""
_FRESH = 0.5
"""The share of its validity up to which a tag is as good as new."""
_GAINS = {"A": 100, "B": 75, "C": 50, "rule": 0}


@dataclass(frozen=True)
class HealthPart:
    """One part: `points` from 0 to 100 and the `figure` they follow from; None where there is nothing to judge."""

    name: PartName
    points: int | None
    figure: float | None
    said: Said

    def as_dict(self) -> dict[str, Any]:
        """The part as JSON holds it."""
        return {**asdict(self), "said": self.said.as_dict()}


@dataclass(frozen=True)
class Health:
    """How a tag is: `points` are the mean of its parts' points, None before it was written.

    `proposal` says what should be done with it, where something should.
    """

    tag: str
    title: Said
    points: int | None
    parts: tuple[HealthPart, ...] = ()
    proposal: Said | None = None

    def as_dict(self) -> dict[str, Any]:
        """The health as JSON holds it."""
        parts = [part.as_dict() for part in self.parts]
        proposal = None if self.proposal is None else self.proposal.as_dict()
        return {"tag": self.tag, "title": self.title.as_dict(), "points": self.points, "parts": parts} | {
            "proposal": proposal
        }


@dataclass(frozen=True)
class Use:
    """Who mentions a tag: a rule or an audience, by name, and whether its users were ever sent anywhere."""

    kind: Literal["rule", "audience"]
    name: str
    is_sent: bool = False

    @property
    def said(self) -> Said:
        """The use in words."""
        zh = {"rule": "规则", "audience": "人群"}[self.kind]
        en_sent, zh_sent = (" (sent)", "（已发送）") if self.is_sent else ("", "")
        return Said(f"{self.kind} {self.name}{en_sent}", f"{zh} {self.name}{zh_sent}")


@dataclass(frozen=True)
class Moved:
    """How far the distribution moved, as its stability index `psi`, against what it was at `since`.

    Without an index, `since` says why there is none.
    """

    psi: float | None
    since: Said


def health_of(entry: Entry, valid_for: int, now: int, moved: Moved, uses: Sequence[Use]) -> Health:
    """The health of a tag of the catalogue.

    Args:
        valid_for: how many seconds its values may be used.
        now: the present second by the project's clock.
    """
    if entry.rows is None:
        return Health(entry.tag, entry.title, None)
    parts = (_coverage(entry), _freshness(entry, valid_for, now), _stability(moved), _use(uses), _contribution(entry))
    judged = [part.points for part in parts if part.points is not None]
    return Health(entry.tag, entry.title, round(sum(judged) / len(judged)), parts, _proposal(entry, uses))


def _coverage(entry: Entry) -> HealthPart:
    share = entry.coverage or 0.0
    en = f"{100 * share:.0f} % of all users have it; from {100 * _WIDE:.0f} % on that is enough for any audience"
    zh = f"{share:.0%} 的用户拥有该标签；达到 {_WIDE:.0%} 即满分"
    return HealthPart("coverage", round(100 * min(share / _WIDE, 1.0)), share, Said(en, zh))


def _freshness(entry: Entry, valid_for: int, now: int) -> HealthPart:
    until = entry.rows.valid_until if entry.rows else None
    left = 0 if until is None else max(instant(until) - now, 0)
    share = min(left / valid_for, 1.0)
    days = f"{left / 86_400:.1f}".removesuffix(".0")
    if not left:
        return HealthPart("freshness", 0, 0.0, Said("every value has expired; score again", "全部过期，请重新打分"))
    of = f"{valid_for / 86_400:.1f}".removesuffix(".0")
    said = Said(f"good for {days} more days of {of}", f"有效期 {of} 天，还剩 {days} 天")
    return HealthPart("freshness", round(100 * min(share / _FRESH, 1.0)), share, said)


def _stability(moved: Moved) -> HealthPart:
    if moved.psi is None:
        return HealthPart("stability", None, None, moved.since)
    worst = 2 * UNSTABLE
    points = round(100 * min(max((worst - moved.psi) / (worst - STABLE), 0.0), 1.0))
    low, high = f"{STABLE:.2f}", f"{UNSTABLE:.2f}"
    en = (
        f"its distribution moved by PSI {moved.psi:.2f} since {moved.since.en}; up to {low} is calm, over {high} is not"
    )
    zh = f"与{moved.since.zh}相比，分布的 PSI 为 {moved.psi:.2f}；不超过 {low} 为稳定，超过 {high} 为明显变化"
    return HealthPart("stability", points, moved.psi, Said(en, zh))


def _use(uses: Sequence[Use]) -> HealthPart:
    if not uses:
        return HealthPart("use", 0, 0.0, Said("no rule and no audience mentions it", "没有规则或人群使用它"))
    en, zh = ", ".join(use.said.en for use in uses), "、".join(use.said.zh for use in uses)
    return HealthPart("use", 100, float(len(uses)), Said(f"used by {en}", f"被使用：{zh}"))


def _contribution(entry: Entry) -> HealthPart:
    if entry.model is None:
        return HealthPart("contribution", None, None, Said("only a model can beat a rule", "仅适用于模型"))
    return HealthPart("contribution", _GAINS.get(entry.model.grade), None, entry.model.sentence)


def _proposal(entry: Entry, uses: Sequence[Use]) -> Said | None:
    """What to do with a tag that nobody uses; a draft still waits for its users."""
    if uses or entry.state == "draft":
        return None
    if entry.state == "deprecated":
        return Said("nobody uses it any more: take it out of the project file", "已无人使用：可从项目文件中删除")
    return Said(
        "nobody uses it: use it, or retire it with state: deprecated", "无人使用：请启用，或以 state: deprecated 下线"
    )
