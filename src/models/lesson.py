"""What a tag learns, as one choice: the chance of its outcome, or the amount of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .dossier import record_of
from .gate import compare
from .train import train_tag
from .value.dossier import record_of_amounts
from .value.gate import compare_amounts
from .value.train import train_amounts

if TYPE_CHECKING:
    from ..features.spec import TargetSpec

__all__ = ["Lesson", "lesson_of"]


@dataclass(frozen=True)
class Lesson:
    """How a tag is trained, let through and recorded.

    `name` stands on the card of every bundle; one without it is of a chance.
    """

    name: Literal["chance", "amount"]
    train: Callable[..., Any]
    compare: Callable[..., Any]
    record: Callable[..., Any]

    def is_that_of(self, card: Mapping[str, Any]) -> bool:
        """Whether the bundle with this card learned the same."""
        return bool(card.get("learned", "chance") == self.name)


_CHANCE = Lesson("chance", train_tag, compare, record_of)
_AMOUNT = Lesson("amount", train_amounts, compare_amounts, record_of_amounts)


def lesson_of(target: TargetSpec) -> Lesson:
    """What a target asks to be learned."""
    return _AMOUNT if target.is_amount else _CHANCE
