"""The outbox: letters that tell a service that one user entered or left an audience, each until it is confirmed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...engines.delta import NewFile
from ...engines.files import canonical_json
from ...engines.store import Store
from ...errors import LimnerError
from ...timeline import shown
from .comparing import HELD, after, compared
from .delivery import Consignment, Delivered, counted
from .pending import Stamp
from .posting import Poster
from .records import Act, expose, note, users_with
from .standing import Route, opened
from .webhook import as_json, content

__all__ = [
    "OUTBOX",
    "OUTBOX_ROUTE",
    "Carried",
    "Letter",
    "On",
    "carry",
    "read_outbox",
    "revive",
    "strike",
    "write_letters",
]

_COLUMNS = {
    "key": (pa.string(), "what tells the service a letter that it has had before"),
    "audience": (pa.string(), "of which audience"),
    "sink": (pa.string(), "to which sink, a webhook"),
    "event": (pa.string(), "enter or leave"),
    "user_id": (pa.string(), "who"),
    "as_of": (pa.timestamp("us"), "since when, UTC, by the project's clock"),
    "columns": (pa.string(), "what goes along, as JSON"),
    "failures": (pa.int64(), "in how many syncs it was sent and not confirmed"),
    "is_dead": (pa.bool_(), "whether it is sent no more"),
    "reason": (pa.string(), "why it was not confirmed the last time; null before"),
}

OUTBOX = pa.schema([pa.field(name, type_, metadata={"comment": told}) for name, (type_, told) in _COLUMNS.items()])
"""The columns of the table `outbox`."""
OUTBOX_ROUTE = "outbox"
"""In place of a sink's name, where `delivered` tells of whom letters were written."""

_MARK_EVERY = 200
"""Letters between two publications, which are what a killed run sends again."""
_IN_A_ROW = 3
"""Failures after which a service is left alone until the next sync."""


class On(NamedTuple):
    """The sinks that are told of whoever enters and leaves; None where nobody is."""

    enter: str | None
    leave: str | None


@dataclass(frozen=True)
class Letter:
    """One user who entered or left, as the table has it."""

    key: str
    audience: str
    sink: str
    event: str
    user_id: str
    as_of: datetime
    columns: str
    failures: int = 0
    is_dead: bool = False
    reason: str | None = None

    @property
    def body(self) -> bytes:
        """What the service gets."""
        told = {"audience": self.audience, "event": self.event, "user_id": self.user_id}
        as_of = self.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
        return as_json({**told, "as_of": as_of, "columns": json.loads(self.columns)})

    def failed(self, error: LimnerError, limit: int) -> Letter:
        """The letter after one more sync in which it was not confirmed."""
        failures = self.failures + 1
        return replace(self, failures=failures, is_dead=failures >= limit, reason=str(error))


@dataclass(frozen=True)
class Carried:
    """What became of the letters to a sink: how many were confirmed, wait for the next sync, and are dead."""

    sink: str
    sent: int = 0
    waiting: int = 0
    dead: int = 0
    reason: str | None = None
    exit_code: int = 0


def write_letters(consignment: Consignment, on: On) -> Delivered:
    """How many entered and left since the last time; a letter is written for each, where somebody is told of it.

    They and how the audience stands now appear together, so nobody is told of twice, or never. Only under the lock.
    """
    store, stamp = consignment.store, consignment.stamp
    route = Route(consignment.route.audience, OUTBOX_ROUTE)
    standing = opened(store, route)
    changes = compared(standing, consignment.wanted)
    if standing.is_complete and not len(changes):
        return Delivered.unchanged(standing.fact)
    letters = list(_letters(changes, route.audience, on, stamp, store.number))
    rows = after(standing, changes, len(changes), 0)
    versions = {"delivered": standing.written(store, rows)}
    if letters:
        versions |= _written(store, [*read_outbox(store), *letters])
    if on.enter is not None:
        nobody = pa.array([], pa.string())
        versions |= expose(store, Route(route.audience, on.enter), stamp, nobody, users_with(changes, HELD))
    told = counted("delivered", changes, rows)
    stood = {"is_complete": True, "key": "", "holds": told.holds, "held_out": told.held_out}
    fact = {**stood, "as_of": shown(stamp.as_of), "at": shown(stamp.at), "run_id": stamp.run_id}
    store.publish(versions, standing.remembered(store, fact))
    return told


def carry(store: Store, posters: Mapping[str, Poster], stamp: Stamp) -> list[Carried]:
    """What became of the letters to each of the sinks. Only under the store's lock."""
    return [_Round(store, sink, poster, stamp).carried() for sink, poster in sorted(posters.items())]


def read_outbox(store: Store) -> list[Letter]:
    """The letters that were not confirmed yet, in the order in which they were written."""
    tables = [pq.read_table(one, partitioning=None) for one in store.files("outbox")]
    return [Letter(**row) for table in tables for row in table.to_pylist()]


def revive(store: Store) -> int:
    """How many dead letters the next sync sends once more. Only under the store's lock."""
    letters = read_outbox(store)
    n_dead = sum(one.is_dead for one in letters)
    if n_dead:
        store.publish(_written(store, [replace(one, is_dead=False, failures=0) if one.is_dead else one
                                       for one in letters]), {})  # fmt: skip
    return n_dead


def strike(store: Store, user_id: str) -> None:
    """Show the outbox without the letters about a user. Only under the store's lock."""
    letters = read_outbox(store)
    left = [one for one in letters if one.user_id != user_id]
    if len(left) < len(letters):
        store.publish(_written(store, left), {})


class _Round:
    """One sync's round with the letters to a sink."""

    def __init__(self, store: Store, sink: str, poster: Poster, stamp: Stamp) -> None:
        self._store = store
        self._sink = sink
        self._poster = poster
        self._stamp = stamp

    def carried(self) -> Carried:
        """Send what waits, and mark it as it goes."""
        sent, reason, in_a_row = 0, None, 0
        waiting = [one for one in read_outbox(self._store) if one.sink == self._sink and not one.is_dead]
        for start in range(0, len(waiting), _MARK_EVERY):
            marked: dict[str, Letter | None] = {}
            for letter in waiting[start : start + _MARK_EVERY]:
                try:
                    self._poster.post(letter.body, letter.key)
                    marked[letter.key], in_a_row, sent = None, 0, sent + 1
                except LimnerError as error:
                    marked[letter.key] = letter.failed(error, self._poster.attempts)
                    reason, in_a_row = str(error), in_a_row + 1
                    if in_a_row == _IN_A_ROW:
                        break
            self._mark(waiting, marked)
            if in_a_row == _IN_A_ROW:
                break
        left = [one for one in read_outbox(self._store) if one.sink == self._sink]
        dead = sum(one.is_dead for one in left)
        return Carried(self._sink, sent, len(left) - dead, dead, reason, int(reason is not None))

    def _mark(self, waiting: Sequence[Letter], marked: Mapping[str, Letter | None]) -> None:
        """Show the outbox without what was confirmed, beside who was exposed and the lines of the audit."""
        confirmed = [one for one in waiting if one.key in marked and marked[one.key] is None]
        letters = [marked.get(one.key, one) for one in read_outbox(self._store)]
        versions = _written(self._store, [one for one in letters if one is not None])
        entered = [one for one in confirmed if one.event == "enter"]
        nobody = pa.array([], pa.string())
        for audience in sorted({one.audience for one in entered}):
            users = pa.array([one.user_id for one in entered if one.audience == audience], pa.string())
            versions |= expose(self._store, Route(audience, self._sink), self._stamp, users, nobody)
        acts = [self._act(audience, confirmed) for audience in sorted({one.audience for one in confirmed})]
        self._store.publish({**versions, **(note(self._store, self._stamp, *acts) if acts else {})}, {})

    def _act(self, audience: str, confirmed: Sequence[Letter]) -> Act:
        events = Counter(one.event for one in confirmed if one.audience == audience)
        return Act("letters", audience, self._sink, self._poster.where, added=events["enter"], left=events["leave"])


def _letters(changes: pa.Table, audience: str, on: On, stamp: Stamp, number: int) -> Iterator[Letter]:
    ways = {"added": ("enter", on.enter), "left": ("leave", on.leave)}
    told = {change: (event, sink) for change, (event, sink) in ways.items() if sink is not None}
    as_of = datetime.fromtimestamp(stamp.as_of, UTC).replace(tzinfo=None)
    for row in changes.filter(pc.is_in(changes["change"], pa.array(list(told), pa.string()))).to_pylist():
        event, sink = told[row["change"]]
        parts = [audience, row["user_id"], event, stamp.as_of, number]
        key = sha256(canonical_json(parts).encode()).hexdigest()
        along = as_json(content(row) if event == "enter" else {}).decode()
        yield Letter(key, audience, sink, event, row["user_id"], as_of, along)


def _written(store: Store, letters: Sequence[Letter]) -> dict[str, int]:
    rows = pa.Table.from_pylist([vars(one) for one in letters], OUTBOX)
    path = store.stage("outbox", {})
    pq.write_table(rows, path, compression="zstd")
    return {"outbox": store.commit("outbox", OUTBOX, (), [NewFile(path, {}, len(rows))], lambda _: True)}
