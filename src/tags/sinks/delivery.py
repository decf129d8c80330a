"""An audience to a sink: only what changed, however often the destination dies, and each change noted once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc

from ...engines.store import Store
from ...errors import LimnerError
from ...timeline import shown
from ..content import ContentHash
from .comparing import HELD, after, compared
from .pending import Pending, Stamp
from .protocol import Parcel, Sink
from .records import Act, expose, note, users_with
from .standing import Route, Standing, opened

__all__ = ["Consignment", "Delivered", "counted", "deliver", "parcel_key", "settle"]


@dataclass(frozen=True)
class Delivered:
    """What became of a delivery: confirmed changes by kind, how many the destination holds, how many are held out."""

    outcome: Literal["delivered", "unchanged", "refused"]
    added: int = 0
    updated: int = 0
    left: int = 0
    holds: int = 0
    held_out: int = 0
    reason: str | None = None
    exit_code: int = 0

    @classmethod
    def unchanged(cls, fact: Any) -> Self:
        """What is told where the destination holds already whom it shall hold."""
        return cls("unchanged", holds=fact["holds"], held_out=fact["held_out"])


@dataclass(frozen=True)
class Consignment:
    """An audience on its way to a sink: in whose name, and everybody who is wanted there.

    `wanted` has `user_id`, `held_out` and what goes along, sorted by user; `destination` says where to, for people.
    """

    store: Store
    route: Route
    stamp: Stamp
    destination: str
    wanted: pa.Table


def deliver(consignment: Consignment, sink: Sink, *, again: bool = False) -> Delivered:
    """What became of it; the destination then holds who is wanted and not held out. Only under the store's lock.

    Args:
        again: whether everything is sent, and not only what changed since the last delivery.
    """
    store, route = consignment.store, consignment.route
    settle(store, route)
    standing = opened(store, route, consignment.destination)
    changes = compared(standing, consignment.wanted, again=again)
    if standing.is_complete and not len(changes):
        return Delivered.unchanged(standing.fact)
    pending = Pending.begin(store, standing, consignment.stamp, consignment.destination, changes)
    try:
        _send(pending, sink, _Load(consignment, changes.slice(0, pending.sent)))
    except LimnerError as error:
        return settle(store, route, error)
    return settle(store, route)


def settle(store: Store, route: Route, error: LimnerError | None = None) -> Delivered:
    """Note what the destination confirmed of a delivery, also of one that a killed run left. Only under the lock.

    Args:
        error: what ended it.
    """
    pending = Pending.left_behind(store, route)
    if pending is None:
        return Delivered("unchanged")
    standing, changes = opened(store, route, pending.destination), pending.changes()
    rows = after(standing, changes, pending.confirmed, pending.flying)
    told = counted("delivered" if error is None else "refused", changes.slice(0, pending.confirmed), rows)
    if standing.fact.get("settled") != pending.id:
        _publish(store, standing, pending, rows, told)
    pending.remove()
    return told if error is None else replace(told, reason=str(error), exit_code=error.exit_code)


def parcel_key(before: str, route: Route, changes: pa.Table) -> str:
    """The key of a parcel that follows the one with the key `before`: the same for the same changes, and only there."""
    content = ContentHash()
    content.update(changes)
    return sha256(f"{before}\n{route}\n{content.hexdigest()}".encode()).hexdigest()


def counted(outcome: Literal["delivered", "refused"], confirmed: pa.Table, rows: pa.Table) -> Delivered:
    """The outcome with its counts.

    Args:
        confirmed: the changes that the destination has for certain.
        rows: how the route stands now.
    """
    kinds = {one["values"]: one["counts"] for one in confirmed["change"].value_counts().to_pylist()}
    held_out = pc.sum(rows["held_out"]).as_py() or 0
    n_sure = rows["pending"].null_count - held_out
    added, updated, left = (kinds.get(kind, 0) for kind in ("added", "updated", "left"))
    return Delivered(outcome, added, updated, left, n_sure, held_out)


@dataclass(frozen=True)
class _Load:
    """What is to be sent, in parcels."""

    consignment: Consignment
    changes: pa.Table

    def parcels(self, rows_at_once: int | None, key: str) -> Iterator[Parcel]:
        """The parcels, at least one, whose keys hang together from that of the last one that was confirmed."""
        wanted = self.consignment.wanted
        members = wanted.filter(pc.invert(wanted["held_out"])).drop_columns(["held_out"])
        audience = self.consignment.route.audience
        is_whole = len(members) == pc.sum(pc.is_in(self.changes["change"], pa.array(["added", "updated"]))).as_py()
        step = rows_at_once or max(len(self.changes), 1)
        for start in range(0, max(len(self.changes), 1), step):
            changes = self.changes.slice(start, step)
            key = parcel_key(key, self.consignment.route, changes)
            yield Parcel(audience, key, changes, members, is_whole)


def _send(pending: Pending, sink: Sink, load: _Load) -> None:
    for parcel in load.parcels(sink.rows_at_once, pending.key):
        pending = pending.sending(len(parcel.changes))
        sink.put(parcel)
        pending = pending.taken(parcel.key)


def _publish(store: Store, standing: Standing, pending: Pending, rows: pa.Table, told: Delivered) -> None:
    """Show how the route stands now, who was exposed, and the line of the audit, all at once."""
    stamp, route, changes = pending.stamp, standing.route, pending.changes()
    held = users_with(changes, HELD)
    act = Act(
        "sync", *route, pending.destination, told.added, told.updated, told.left, len(held),
        "delivered" if pending.is_complete else "broken",
    )  # fmt: skip
    versions = {
        "delivered": standing.written(store, rows),
        **expose(store, route, stamp, users_with(changes.slice(0, pending.confirmed), "added"), held),
        **note(store, stamp, act),
    }
    fact = {
        "settled": pending.id,
        "destination": pending.destination,
        "is_complete": standing.is_complete or pending.is_complete,
        "key": pending.key,
        "holds": told.holds,
        "held_out": told.held_out,
        "as_of": shown(stamp.as_of),
        "at": shown(stamp.at),
        "run_id": stamp.run_id,
    }
    store.publish(versions, standing.remembered(store, fact))
