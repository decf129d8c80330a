"""A user leaves every destination that Limner brought them to, and what is kept of deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...engines.delta import NewFile
from ...engines.store import Store
from ...errors import LimnerError, RefusedError
from .delivery import parcel_key, settle
from .outbox import OUTBOX_ROUTE, strike
from .pending import Stamp
from .protocol import Parcel, Sink
from .records import EXPOSURES, Act, note
from .standing import Route, Standing, opened, routes

__all__ = ["Forgotten", "forget"]

_EXPORTED = "stands in exported files, which Limner cannot reach; remove the user there by hand"


@dataclass(frozen=True)
class Forgotten:
    """A destination that was told to forget a user; `reason` is why it did not, None where it did."""

    audience: str
    sink: str
    reason: str | None = None
    exit_code: int = 0


def forget(store: Store, sinks: Mapping[str, Sink], user_id: str, stamp: Stamp) -> list[Forgotten]:
    """What became of it at each destination that ever had the user. Only under the store's lock.

    Where all did, no table of deliveries has the user any more; files of older versions go with the vacuum.

    Args:
        sinks: the sinks of the project, by name.
    """
    told = [one for route in routes(store) if (one := _forget_at(store, sinks, route, user_id, stamp)) is not None]
    strike(store, user_id)
    return told


def _forget_at(store: Store, sinks: Mapping[str, Sink], route: Route, user_id: str, stamp: Stamp) -> Forgotten | None:
    settle(store, route)
    standing, exposed = opened(store, route), _exposures(store, route)
    rows = standing.table()
    is_there = _has(rows.filter(pc.invert(rows["held_out"])), user_id)
    is_sent = is_there or _has(exposed.filter(pc.invert(exposed["held_out"])), user_id)
    key = standing.key
    if is_sent and route.sink not in {OUTBOX_ROUTE, "export"}:
        try:
            key = _told(sinks, standing, rows, user_id)
        except LimnerError as error:
            return Forgotten(*route, str(error), error.exit_code)
    versions = {}
    if _has(rows, user_id):
        versions["delivered"] = standing.written(store, _without(rows, user_id))
    if _has(exposed, user_id):
        versions["exposures"] = _replaced(store, route, _without(exposed, user_id))
    if versions:
        versions |= note(store, stamp, Act("forget", *route, route.sink, left=int(is_sent)))
        store.publish(versions, standing.remembered(store, {"key": key}) if standing.fact else {})
    if not is_sent:
        return None
    return Forgotten(*route, _EXPORTED if route.sink == "export" else None)


def _told(sinks: Mapping[str, Sink], standing: Standing, rows: pa.Table, user_id: str) -> str:
    """The key of the parcel by which the destination forgot the user."""
    route = standing.route
    if route.sink not in sinks:
        raise RefusedError(
            f"sinks.{route.sink}: the project has no such sink any more, and it holds the user in {route.audience}; "
            "declare it again, or remove the user there by hand"
        )
    sure = rows.filter(pc.and_(rows["pending"].is_null(), pc.invert(rows["held_out"])))
    members = _without(sure, user_id).drop_columns(["held_out", "pending"])
    one = {"change": ["forgotten"], "user_id": [user_id]}
    changes = pa.schema([("change", pa.string()), *members.schema]).empty_table()
    changes = pa.concat_tables([changes, pa.table(one)], promote_options="default").select(changes.column_names)
    key = parcel_key(standing.key, route, changes)
    sinks[route.sink].put(Parcel(route.audience, key, changes, members, is_whole=False))
    return key


def _exposures(store: Store, route: Route) -> pa.Table:
    inside = pa.schema([one for one in EXPOSURES if one.name not in Route._fields])
    files = store.files("exposures", **route.partition)
    return pa.concat_tables([inside.empty_table(), *(pq.read_table(one, partitioning=None) for one in files)])


def _replaced(store: Store, route: Route, rows: pa.Table) -> int:
    path = store.stage("exposures", route.partition)
    pq.write_table(rows, path, compression="zstd")
    file = NewFile(path, route.partition, len(rows))
    return store.commit(
        "exposures", EXPOSURES, Route._fields, [file], lambda partition: dict(partition) == route.partition
    )


def _has(rows: pa.Table, user_id: str) -> bool:
    return bool(pc.any(pc.equal(rows["user_id"], user_id)).as_py())


def _without(rows: pa.Table, user_id: str) -> pa.Table:
    return rows.filter(pc.not_equal(rows["user_id"], user_id))
