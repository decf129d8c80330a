"""The instant that a project takes for the present."""

from __future__ import annotations

from ..events.log import EventLog
from ..project.spec import ProjectSpec
from ..timeline import Clock

__all__ = ["now_of"]


def now_of(spec: ProjectSpec, log: EventLog, wall: Clock) -> int:
    """The present second by the project's clock: the wall's, or where the log ends."""
    return log.now() if spec.clock == "log" else wall.now()
