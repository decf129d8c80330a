"""What tags are made from: the log as it was known at one instant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..engines.local import each_bucket
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
    threads: int
    progress: Progress

    def over_buckets(self, work: Callable[[int], T], task: str) -> list[T]:
        """What `work` makes of each bucket, in bucket order, whatever the threads."""
        done = each_bucket(self.log.buckets, work, self.threads)
        return list(tracked(done, task, self.log.buckets, self.progress))
