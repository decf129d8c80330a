"""How often the target's event happened in each week of the log, whoever did it: what can tell of a season."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from ..timeline import DAY, MICROS
from .bucket import Bucket
from .question import TARGET, TagQuestion

if TYPE_CHECKING:
    from ..events.log import EventLog

__all__ = ["WEEK", "Pace", "pace_of_all"]

WEEK = 7 * DAY
"""Seconds in a week."""


@dataclass(frozen=True)
class Pace:
    """The target's events in each whole week that its sources have delivered, `counts` (n_weeks,), oldest first.

    The first week begins at the second `start`, the log's first. An outcome looks at `horizon` seconds of events.
    """

    start: int
    horizon: int
    counts: tuple[int, ...]

    @classmethod
    def of(cls, bucket: Bucket, log: EventLog, question: TagQuestion) -> Self:
        """The pace of a bucket's users; like labels, it looks at the events' own time."""
        start, target = log.starts_at, question.target
        n_weeks = (log.watermark_of(target.event) - start) // WEEK
        weeks = (bucket.micros[bucket.membership.mask(TARGET)] // MICROS - start) // WEEK
        inside = weeks[(weeks >= 0) & (weeks < n_weeks)]
        return cls(start, target.horizon.seconds, tuple(np.bincount(inside, minlength=n_weeks).tolist()))

    def until(self, second: int) -> tuple[int, ...]:
        """The counts of the weeks that had ended by that second."""
        return self.counts[: max(0, (second - self.start) // WEEK)]

    def to_json(self) -> str:
        """The pace as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The pace that `to_json` wrote."""
        written = json.loads(text)
        return cls(written["start"], written["horizon"], tuple(written["counts"]))


def pace_of_all(parts: Sequence[Pace | None]) -> Pace | None:
    """The pace of everybody, from that of each bucket; None at triggers, whose buckets have none."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    return replace(known[0], counts=tuple(map(sum, zip(*(part.counts for part in known), strict=True))))
