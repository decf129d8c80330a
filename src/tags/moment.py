"""What tags are made from: the log as it was known at one instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..engines.engine import Engine
from ..errors import LimnerError
from ..events.log import EventLog
from ..features.attributes import Attributes
from ..features.remembering import since_for
from ..features.sharing import together
from ..progress import Progress, tracked
from .known import Known
from .maker import Maker, Part

__all__ = ["Moment"]

_NAMED = 6
"""Tags that the watcher is told by name; of more, only how many there are."""

Made = Mapping[str, Part | LimnerError]


@dataclass(frozen=True)
class Moment:
    """The log, the attributes and the instant, in seconds, that is taken for now."""

    log: EventLog
    as_of: int
    attributes: Attributes
    engine: Engine
    progress: Progress

    def made(self, makers: Mapping[str, Maker]) -> Iterator[Made]:
        """What each maker makes of each bucket, in bucket order, or why it cannot, by the names of the makers.

        A bucket is read once for all of them, and made ahead by no more buckets than the engine works on at a time.
        """
        # what is sent to other machines holds what it needs of the moment, and not the moment itself
        log, as_of, attributes = self.log, self.as_of, self.attributes
        needs = together(maker.needs for maker in makers.values())
        reaches = [maker.reach for maker in makers.values()]
        farthest = None if None in reaches else max(reach for reach in reaches if reach is not None)
        since = since_for(log, as_of, farthest)

        def parts(number: int) -> Made:
            known = Known(log, number, as_of, needs, attributes, since)
            return {tag: _part(maker, known) for tag, maker in makers.items()}

        done = self.engine.each_bucket(self.log.buckets, parts)
        named = ", ".join(makers) if len(makers) <= _NAMED else f"{len(makers)} tags"
        return tracked(done, f"Score {named}", self.log.buckets, self.progress, _rows)


def _part(maker: Maker, known: Known) -> Part | LimnerError:
    try:
        return maker.part(known)
    except LimnerError as error:
        return error


def _rows(made: Made) -> int:
    return sum(part.rows.num_rows for part in made.values() if isinstance(part, Part))
