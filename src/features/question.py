"""What a predictive tag asks of the log: who, when, and whether what happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SpecError
from ..quantities import Duration
from ..timeline import DAY
from .bucket import Needs, Stream
from .spec import CohortSpec, CutoffsSpec, TargetSpec

if TYPE_CHECKING:
    from ..events.log import Property

__all__ = ["COHORT", "TARGET", "TRIGGER", "TagQuestion", "needs_of"]

COHORT = ":cohort"
TARGET = ":target"
TRIGGER = ":trigger"


@dataclass(frozen=True)
class TagQuestion:
    """The parts of a predictive tag that decide its rows and labels."""

    tag: str
    cohort: CohortSpec | None
    target: TargetSpec
    cutoffs: CutoffsSpec
    valid_for: Duration

    @property
    def at_triggers(self) -> bool:
        """Whether its cutoffs come from events and not from a calendar."""
        return self.cutoffs.on is not None

    @property
    def every(self) -> Duration:
        """The distance of its calendar cutoffs; 28 days when the project file leaves it open."""
        return self.cutoffs.every or Duration(28 * DAY)

    @property
    def delay(self) -> int:
        """Seconds from a cutoff until its label is known: gap and horizon."""
        return self.target.gap.seconds + self.target.horizon.seconds


def needs_of(question: TagQuestion, properties: Mapping[str, Property]) -> Needs:
    """What rows and labels of the tag ask of the log; stream names begin with a colon, so none meets a signal's.

    Args:
        properties: the log's, by name.

    Raises:
        SpecError: the tag names a property that the log lacks, or one of a type it cannot use there.
    """
    target, cutoffs = question.target, question.cutoffs
    streams = {TARGET: Stream(target.event, target.where)}
    if question.cohort is not None:
        streams[COHORT] = Stream(question.cohort.event_type, question.cohort.where)
    if cutoffs.on is not None:
        streams[TRIGGER] = Stream(cutoffs.on, cutoffs.where)
    types = {name: _type_of(question, f"cutoffs.known: {name}", name, properties) for name in cutoffs.known}
    if target.sum is not None:
        types[target.sum] = _require(question, "target.sum", target.sum, properties, {"number"})
    if target.same is not None:
        types[target.same] = _require(question, "target.same", target.same, properties, {"category", "flag"})
    numbers = frozenset(name for name, type_ in types.items() if type_ == "number")
    return Needs(streams, numbers, frozenset(types) - numbers, event_ids=question.at_triggers)


def _require(
    question: TagQuestion, where: str, name: str, properties: Mapping[str, Property], allowed: set[str]
) -> str:
    found = _type_of(question, where, name, properties)
    if found not in allowed:
        raise SpecError(
            f"tags.{question.tag}.{where}: {name} is a {found}; it must be a {' or '.join(sorted(allowed))}"
        )
    return found


def _type_of(question: TagQuestion, where: str, name: str, properties: Mapping[str, Property]) -> str:
    if name not in properties:
        known = ", ".join(sorted(properties)) or "none"
        raise SpecError(f"tags.{question.tag}.{where}: no source gives the property {name}; there are: {known}")
    return properties[name].type
