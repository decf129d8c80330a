"""What is asked of a condition over tags, as of one moment; what was found holds as long as the state does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from ..engines.store import Store
from ..project import Project
from ..tags.audience import (
    Breakdown,
    Condition,
    Count,
    Expected,
    LiveAnswers,
    Power,
    Preview,
    compiled,
    power,
    preview,
)
from ..tags.audience.prospects import direction_of
from .site import Moment

__all__ = ["Asking"]

_MINUTE = 60
T = TypeVar("T")


@dataclass(frozen=True)
class Asking:
    """A condition, put to the users of a moment. What has expired by the last full minute is nobody's.

    Each answer raises RefusedError where nobody was scored yet.
    """

    moment: Moment
    text: str
    condition: Condition

    @classmethod
    def of(cls, moment: Moment, text: str) -> Self:
        """The condition, put to the users of a moment.

        Raises:
            SpecError: the condition is wrong.
        """
        return cls(moment, text, compiled(moment.workspace.project, text))

    @property
    def now(self) -> int:
        """The last full minute by the project's clock."""
        now = self.moment.now()
        return now - now % _MINUTE

    @property
    def count(self) -> Count:
        """How many it holds for."""
        return self._once("count", lambda: self._answers.count(self._project, self._store, self.text, self.now))

    @property
    def expected(self) -> list[Expected]:
        """What to expect of them, those predictions first that the condition mentions."""
        found = self._once("expected", lambda: self._answers.expected(self._project, self._store, self.text, self.now))
        mentioned = self.condition.tags
        return sorted(found, key=lambda one: one.tag not in mentioned)

    def breakdown(self, by: str) -> Breakdown:
        """How they divide by a tag, beside everybody."""
        return self.breakdowns([by])[0]

    def breakdowns(self, tags: Sequence[str]) -> list[Breakdown]:
        """How they divide by each of some tags."""
        name = " ".join(["by", *tags])
        answers = self._answers
        return self._once(name, lambda: answers.breakdowns(self._project, self._store, self.text, tags, self.now))

    def preview(self, n: int) -> Preview:
        """The first n of them."""
        return self._once(str(n), lambda: preview(self._project, self._store, self.text, self.now, n))

    def power(self, held_out: float) -> Power | None:
        """What lift a holdout of a share would let one see, in the prediction that is mentioned first.

        Only those count who have the prediction. None where nobody would be held out, or nothing is expected.
        """
        found = next((one for one in self.expected if one.mean is not None), None)
        if found is None or found.mean is None or not held_out:
            return None
        return power(found.users, round(found.users * held_out), found.mean, direction_of(self._project, found.tag))

    @property
    def _answers(self) -> LiveAnswers:
        return self.moment.kept.answers

    @property
    def _store(self) -> Store:
        return self.moment.store

    @property
    def _project(self) -> Project:
        return self.moment.workspace.project

    def _once(self, name: str, make: Callable[[], T]) -> T:
        return self.moment.once((self.text, name, self.now), make)
