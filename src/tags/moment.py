"""What tags are made from: the log as it was known at one instant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..engines.engine import Engine
from ..events.log import EventLog
from ..features.attributes import Attributes
from ..progress import Progress, tracked

__all__ = ["Moment"]

T = TypeVar("T")


@dataclass(frozen=True)
class Moment:
    """The log, the attributes and the instant, in seconds, that is taken for now."""

    log: EventLog
    as_of: int
    attributes: Attributes
    engine: Engine
    progress: Progress

    def over_buckets(self, work: Callable[[int], T], task: str) -> list[T]:
        """What `work` makes of each bucket, in bucket order, whatever the engine.

        Args:
            work: may be sent to other machines, so it holds what it needs of the moment, and not the moment itself.
        """
        done = self.engine.each_bucket(self.log.buckets, work)
        return list(tracked(done, task, self.log.buckets, self.progress))
