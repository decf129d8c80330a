"""A training that is done, as far as it is the same whether chances or amounts were learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from .alarms import Alarm
from .bootstrap import Gain, Interval
from .bundle import Bundle
from .candidate import Ground
from .fit import Fitting
from .grade import Grade
from .ladder import Recipe
from .plots import Contributions
from .train import Subject

__all__ = ["Contender", "Judged", "Learned"]


class Contender(Protocol):
    """A recipe that was put to the proof."""

    @property
    def name(self) -> str:
        """What it is called: model, or the rule's name."""
        ...

    @property
    def fitting(self) -> Fitting:
        """The recipe."""
        ...


class Judged(Protocol):
    """What the test says of each system, by name."""

    @property
    def grade(self) -> Grade:
        """How much better than the best rule the model is."""
        ...

    @property
    def gain(self) -> Gain:
        """By how much."""
        ...

    @property
    def measures(self) -> Mapping[str, Mapping[str, Interval]]:
        """Values with their intervals over users."""
        ...

    @property
    def bootstraps(self) -> int:
        """How many resamplings are behind the intervals."""
        ...


class Learned(Protocol):
    """What was found, and what would be published."""

    @property
    def subject(self) -> Subject:
        """What is predicted."""
        ...

    @property
    def recipe(self) -> Recipe:
        """How ambitious the model could be."""
        ...

    @property
    def published(self) -> Contender:
        """What counts: the model, or a rule that it did not beat."""
        ...

    @property
    def judgement(self) -> Judged:
        """What the test says."""
        ...

    @property
    def alarms(self) -> Sequence[Alarm]:
        """Every alarm, raised or not."""
        ...

    @property
    def sample(self) -> Contributions:
        """What moved the scores of some test rows."""
        ...

    @property
    def bundle(self) -> Bundle:
        """What would be published, without a version."""
        ...

    @property
    def ground(self) -> Ground:
        """What was learned from."""
        ...

    @property
    def evaluation(self) -> dict[str, Any]:
        """Everything that was found out, as JSON holds it."""
        ...
