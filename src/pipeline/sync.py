"""The use case `sync`: audiences to their sinks, and letters about who entered and left to whom they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

from ..engines.files import canonical_json
from ..engines.store import Store
from ..errors import LimnerError, SpecError, UsageError
from ..progress import Progress
from ..project import Project
from ..tags.sinks.carrying import Carried, carry
from ..tags.sinks.delivery import Consignment, Delivered, deliver
from ..tags.sinks.opening import destination, open_sink, poster_of
from ..tags.sinks.outbox import OUTBOX_ROUTE, On, write_letters
from ..tags.sinks.pending import Stamp
from ..tags.sinks.spec import WebhookSinkSpec
from ..tags.sinks.standing import Route, opened, routes
from ..timeline import Clock
from .manifest import new_run_id, write_manifest
from .outbound import Asked, Outbound, Sent, keep_salts, manifest_of, require, rows_of

__all__ = ["SinkOutcome", "SyncResult", "sync"]


@dataclass(frozen=True)
class SinkOutcome:
    """What became of an audience at a sink."""

    audience: str
    sink: str
    destination: str
    told: Delivered

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON holds it."""
        return {"audience": self.audience, "sink": self.sink, "destination": self.destination, **asdict(self.told)}


@dataclass(frozen=True)
class SyncResult:
    """What became of each audience at each sink, and of letters by sink; `exit_code` is the worst of all.

    `notes` tell of audiences that go somewhere no more, and stand there still.
    """

    outcomes: tuple[SinkOutcome, ...]
    letters: tuple[Carried, ...]
    notes: tuple[str, ...]
    manifest: Mapping[str, Any]

    @property
    def exit_code(self) -> int:
        """0 when every destination has what it should."""
        return int(self.manifest["exit_code"])


def sync(
    project: Project, store: Store, outbound: Outbound, asked: Asked, clock: Clock, progress: Progress
) -> SyncResult:
    """What became of each audience; one destination that dies does not stop the others.

    Args:
        clock: the clock on the wall.

    Raises:
        UsageError: a name is not an audience, or one that goes nowhere.
        LockedError: another run is at work.
    """
    chosen = _chosen(outbound.audiences, asked.names)
    started = clock.now()
    with store.lock():
        store.recover()
        keep_salts(project, store)
        run_id = new_run_id("sync", clock, canonical_json([project.spec.project, chosen, store.number]))
        asked_once = replace(outbound, members=lru_cache(maxsize=1)(outbound.members))
        run = _Run(project, store, asked_once, asked, Stamp(run_id, asked.now, started, asked.who))
        progress.start("Syncing", len(chosen))
        outcomes = []
        for name in chosen:
            outcomes += run.synced(name)
            progress.step(name)
        letters, notes = run.carried(chosen), list(_left_behind(store, outbound.audiences))
        exit_code = max([0, *(one.told.exit_code for one in outcomes), *(one.exit_code for one in letters)])
        told = {
            "exit_code": exit_code,
            "sinks": [one.as_dict() for one in outcomes],
            "letters": [asdict(one) for one in letters],
            "notes": notes,
        }
        manifest = manifest_of(project, "sync", run.stamp, clock.now(), told)
        write_manifest(store.root, manifest)
    return SyncResult(tuple(outcomes), tuple(letters), tuple(notes), manifest)


@dataclass(frozen=True)
class _Run:
    """What the audiences of a run share."""

    project: Project
    store: Store
    outbound: Outbound
    asked: Asked
    stamp: Stamp

    def synced(self, name: str) -> list[SinkOutcome]:
        """What became of the audience at its sink, and with its letters, unless there are none to tell of."""
        audience = self.outbound.audiences[name]
        ways = [] if audience.sink is None else [(audience.sink, self._delivered)]
        if audience.on_enter or audience.on_leave:
            ways.append((OUTBOX_ROUTE, self._written))
        found = []
        for sink, way in ways:
            try:
                told = way(name, sink)
            except LimnerError as error:
                told = replace(self._stood(Route(name, sink)), reason=str(error), exit_code=error.exit_code)
            found.append(SinkOutcome(name, sink, self._destination(name, sink), told))
        return found

    def carried(self, chosen: Sequence[str]) -> list[Carried]:
        """What became of the letters to the webhooks of the audiences."""
        named = [self.outbound.audiences[name] for name in chosen]
        sinks = sorted({one for audience in named for one in (audience.on_enter, audience.on_leave) if one})
        found = []
        for sink in sinks:
            try:
                spec = self._webhook(sink)
                poster = poster_of(sink, spec, self.outbound.environ, self.outbound.pace)
                found.append(carry(self.store, sink, poster, self.stamp))
            except LimnerError as error:
                found.append(Carried(sink, reason=str(error), exit_code=error.exit_code))
        return found

    def _stood(self, route: Route) -> Delivered:
        """What is told of a route by which nothing could be sent: how it stands since the last time."""
        fact = opened(self.store, route).fact
        return Delivered("refused", holds=fact.get("holds", 0), held_out=fact.get("held_out", 0))

    def _delivered(self, name: str, sink: str) -> Delivered:
        spec = self.project.spec.sinks[sink]
        opened = open_sink(sink, spec, self.project.root, self.outbound.environ, self.outbound.pace)
        return deliver(self._consignment(name, sink, spec.columns), opened, again=self.asked.again)

    def _written(self, name: str, sink: str) -> Delivered:
        audience = self.outbound.audiences[name]
        told_first = audience.on_enter or audience.on_leave or ""
        consignment = self._consignment(name, sink, self._webhook(told_first).columns)
        return write_letters(consignment, On(audience.on_enter, audience.on_leave))

    def _consignment(self, name: str, sink: str, columns: Sequence[str]) -> Consignment:
        rows = rows_of(self.project, self.store, self.outbound.members(name), columns, self.asked.now)
        return Consignment(self.store, Route(name, sink), self.stamp, self._destination(name, sink), rows)

    def _destination(self, name: str, sink: str) -> str:
        return sink if sink == OUTBOX_ROUTE else destination(self.project.spec.sinks[sink], name)

    def _webhook(self, sink: str) -> WebhookSinkSpec:
        spec = self.project.spec.sinks[sink]
        if not isinstance(spec, WebhookSinkSpec):
            raise SpecError(f"sinks.{sink}: is a {spec.kind} sink; letters go to a webhook")
        return spec


def _left_behind(store: Store, audiences: Mapping[str, Sent]) -> Iterator[str]:
    """A sentence for each audience that a destination holds though the project sends it there no more."""
    for route in routes(store):
        audience, fact = audiences.get(route.audience), opened(store, route).fact
        is_sent = audience is not None and audience.sink == route.sink
        if route.sink != OUTBOX_ROUTE and not is_sent and fact.get("holds"):
            yield (
                f"{route.audience} does not go to {route.sink} any more, and {fact['destination']} still holds "
                f"{fact['holds']:,} of its users; to take them out, declare it again so that nobody matches, and sync"
            )


def _chosen(audiences: Mapping[str, Sent], names: Sequence[str] | None) -> list[str]:
    going = [name for name, one in audiences.items() if one.sink or one.on_enter or one.on_leave]
    if names is None:
        if not going:
            raise UsageError("no audience goes anywhere; give one a `sink`, and declare it under sinks")
        return going
    for name in names:
        require(audiences, name)
        if name not in going:
            raise UsageError(f"audiences.{name}: goes nowhere; give it a `sink`, and declare that under sinks")
    return [name for name in going if name in names]
