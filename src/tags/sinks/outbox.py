"""The outbox: letters that tell a service that one user entered or left an audience, each until it is confirmed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
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
from .records import expose, users_with
from .standing import Route, opened
from .webhook import as_json, content

__all__ = [
    "OUTBOX",
    "OUTBOX_ROUTE",
    "Letter",
    "On",
    "read_outbox",
    "revive",
    "strike",
    "write_letters",
    "written_outbox",
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
    def about(self) -> tuple[str, str]:
        """The user, in the audience."""
        return self.audience, self.user_id

    @property
    def body(self) -> bytes:
        """What the service gets."""
        told = {"audience": self.audience, "event": self.event, "user_id": self.user_id}
        as_of = self.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
        return as_json({**told, "as_of": as_of, "columns": json.loads(self.columns)})

    def after_failing(self, error: LimnerError, limit: int) -> Letter:
        """The letter after one more sync in which it was not confirmed."""
        failures = self.failures + 1
        return replace(self, failures=failures, is_dead=failures >= limit, reason=str(error))


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
        versions |= written_outbox(store, [*read_outbox(store), *letters])
    if on.enter is not None:
        nobody = pa.array([], pa.string())
        versions |= expose(store, Route(route.audience, on.enter), stamp, nobody, users_with(changes, HELD))
    told = counted("delivered", changes, rows)
    stood = {"is_complete": True, "key": "", "holds": told.holds, "held_out": told.held_out}
    fact = {**stood, "as_of": shown(stamp.as_of), "at": shown(stamp.at), "run_id": stamp.run_id}
    store.publish(versions, standing.remembered(store, fact))
    return told


def read_outbox(store: Store) -> list[Letter]:
    """The letters that were not confirmed yet, in the order in which they were written."""
    tables = [pq.read_table(one, partitioning=None) for one in store.files("outbox")]
    return [Letter(**row) for table in tables for row in table.to_pylist()]


def revive(store: Store) -> int:
    """How many dead letters the next sync sends once more. Only under the store's lock."""
    letters = read_outbox(store)
    n_dead = sum(one.is_dead for one in letters)
    if n_dead:
        store.publish(written_outbox(store, [replace(one, is_dead=False, failures=0) if one.is_dead else one
                                       for one in letters]), {})  # fmt: skip
    return n_dead


def strike(store: Store, user_id: str) -> None:
    """Show the outbox without the letters about a user. Only under the store's lock."""
    letters = read_outbox(store)
    left = [one for one in letters if one.user_id != user_id]
    if len(left) < len(letters):
        store.publish(written_outbox(store, left), {})


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


def written_outbox(store: Store, letters: Sequence[Letter]) -> dict[str, int]:
    """The new version of `outbox`, which holds these letters. Only under the store's lock."""
    rows = pa.Table.from_pylist([vars(one) for one in letters], OUTBOX)
    path = store.stage("outbox", {})
    pq.write_table(rows, path, compression="zstd")
    return {"outbox": store.commit("outbox", OUTBOX, (), [NewFile(path, {}, len(rows))], lambda _: True)}
