"""Why a score moved: which of the reasons that were told then and now accounts for most of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .declared import Said

__all__ = ["Change", "change_between"]

Reason = Mapping[str, Any]

_UNKNOWN = float("inf")


@dataclass(frozen=True)
class Change:
    """How far a score moved since an instant, and what moved it; `said` is None where the reasons told do not show it.

    `since` is as Limner writes instants, `by` in units of the score.
    """

    since: str
    by: float
    said: Said | None

    def as_dict(self) -> dict[str, Any]:
        """The change as JSON holds it."""
        return {**asdict(self), "said": None if self.said is None else self.said.as_dict()}


def change_between(
    since: str, by: float, then: Sequence[Reason], now: Sequence[Reason], groups: Mapping[str, str]
) -> Change:
    """The change of a score, with the reason that surely moved it furthest that way among those told at either instant.

    Only the strongest reasons are kept of each instant, so what a group of features weighed when it was not told is
    unknown; but it was no more than the weakest that was. A reason counts for as much as it moved at least.

    Args:
        groups: what each feature is about, by its name; those left out stand for themselves.
    """
    moves = [one for one in _moves(_by_group(then, groups), _by_group(now, groups)) if one[0] * by > 0]
    return Change(since, by, max(moves, key=lambda one: abs(one[0]))[1] if moves else None)


def _by_group(reasons: Sequence[Reason], groups: Mapping[str, str]) -> dict[str, Reason]:
    return {groups.get(one["feature"], one["feature"]): one for one in reasons}


def _moves(then: Mapping[str, Reason], now: Mapping[str, Reason]) -> Iterator[tuple[float, Said]]:
    """By how much each group moved the score at least, and how that is said."""
    for group, one in now.items():
        if group in then:
            yield one["contribution"] - then[group]["contribution"], _moved(then[group], one)
        else:
            told = Said(f"“{one['en']}” is new among the strongest reasons", f"“{one['zh']}”是新的主要原因")
            yield _beyond(one["contribution"], then), told
    for group, one in then.items():
        if group not in now:
            told = Said(f"“{one['en']}” is no longer among the strongest reasons", f"“{one['zh']}”不再是主要原因")
            yield -_beyond(one["contribution"], now), told


def _moved(then: Reason, now: Reason) -> Said:
    """How a group that was told at both instants moved."""
    if then["en"] != now["en"]:
        return Said(f"“{now['en']}” instead of “{then['en']}”", f"“{now['zh']}”，当时为“{then['zh']}”")
    is_more = abs(now["contribution"]) > abs(then["contribution"])
    en, zh = ("more", "更大") if is_more else ("less", "更小")
    return Said(f"“{now['en']}” counts for {en} than then", f"“{now['zh']}”的影响比当时{zh}")


def _beyond(contribution: float, others: Mapping[str, Reason]) -> float:
    """The part of a contribution that lies beyond all that one not told at the other instant can have had."""
    most = min((abs(one["contribution"]) for one in others.values()), default=_UNKNOWN)
    left = max(abs(contribution) - most, 0.0)
    return left if contribution > 0 else -left
