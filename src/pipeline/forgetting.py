"""The use case of a user who leaves every sink, and what is kept of deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..engines.files import canonical_json
from ..engines.store import Store
from ..errors import LimnerError
from ..project import Project
from ..tags.sinks.forgetting import Forgotten, forget
from ..tags.sinks.opening import open_sink
from ..tags.sinks.pending import Stamp
from ..tags.sinks.protocol import Parcel, Sink
from ..timeline import Clock
from .manifest import new_run_id
from .outbound import Asked, Outbound

__all__ = ["forget_at_sinks"]


@dataclass(frozen=True)
class _Closed:
    """A sink that cannot be opened, and why: it has yet to forget."""

    error: LimnerError
    rows_at_once: int | None = None

    def put(self, parcel: Parcel) -> None:
        """Refuse the parcel."""
        raise self.error


def forget_at_sinks(
    project: Project, store: Store, outbound: Outbound, asked: Asked, clock: Clock, user_id: str
) -> list[Forgotten]:
    """What became of it at each destination that ever had the user; one that fails is told again the next time.

    Raises:
        LockedError: another run is at work.
    """
    with store.lock():
        store.recover()
        run_id = new_run_id("forget", clock, canonical_json([project.spec.project, store.number]))
        return forget(store, _opened(project, outbound), user_id, Stamp(run_id, asked.now, clock.now(), asked.who))


def _opened(project: Project, outbound: Outbound) -> Mapping[str, Sink]:
    found: dict[str, Sink] = {}
    for name, spec in project.spec.sinks.items():
        try:
            found[name] = open_sink(name, spec, project.root, outbound.environ, outbound.pace)
        except LimnerError as error:
            found[name] = _Closed(error)
    return found
