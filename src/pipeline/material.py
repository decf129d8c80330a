"""What a project has to make tags of: its log at one moment, and how well its sources feed each tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from ..engines.engine import Engine
from ..engines.store import Store
from ..events.log import EventLog
from ..features.attributes import Attributes
from ..features.compile import compile_plan
from ..features.plan import Plan
from ..progress import Progress, tracked
from ..project import Project
from ..timeline import DAY
from .attributes import attributes_of
from .finding import Finding, counted, listed
from .readiness import require_ingested
from .supply import Supply, day_of

__all__ = ["Material", "about_feeding"]


@dataclass(frozen=True)
class Material:
    """The log of a project as of `now`, in seconds, how its sources deliver, and who brings its buckets."""

    project: Project
    store: Store
    log: EventLog
    supplied: Sequence[Supply]
    now: int
    engine: Engine
    progress: Progress

    @cached_property
    def attributes(self) -> Attributes:
        """The attribute tables, as published."""
        return attributes_of(self.project.spec, self.store)

    @cached_property
    def plan(self) -> Plan:
        """All features that the project file declares, as of now.

        Raises:
            RefusedError: an attribute was never ingested.
        """
        for name in self.project.spec.features.attributes:
            require_ingested(self.store, self.attributes.sources[name].table, name)
        return compile_plan(self.log, self.project.spec.features, self.attributes.sources, before=self.now)

    def counted(self, work: Callable[[int], int], task: str) -> int:
        """The sum of what the work counts in each bucket."""
        parts = self.engine.each_bucket(self.log.buckets, work)
        return sum(tracked(parts, task, self.log.buckets, self.progress))


def about_feeding(material: Material, tag: str, event_types: Set[str], besides: str = "") -> Finding:
    """Whether the sources of these events are fresh and whole; in full they stand with the log.

    Args:
        besides: what else is to be said where days are missing.
    """
    read = [one for one in material.supplied if event_types & one.event_types]
    if not read:
        told = f"no source ever delivered {listed(sorted(event_types))}"
        return Finding("refused", "sources", told, "ingest the events, or read others", tag)
    stale = [one.source for one in read if one.is_stale(material.now, material.project.spec.max_staleness)]
    broken = [f"{one.source} lacks {_days(one)}" for one in read if one.holes]
    told = listed([f"{one.source} until {day_of(one.until)}" for one in read])
    faults = [*([f"stale: {listed(stale)}"] if stale else []), *([listed(broken) + besides] if broken else [])]
    if not faults:
        return Finding("ok", "sources", told, "", tag)
    return Finding("warning", "sources", "; ".join([told, *faults]), "ingest what is missing", tag)


def _days(one: Supply) -> str:
    return counted(sum(hole.end - hole.start for hole in one.holes) // DAY, "day")
