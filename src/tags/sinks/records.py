"""What is kept of deliveries: who had what sent where, and which users were exposed or held out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...engines.delta import NewFile
from ...engines.store import Store
from ..rows import instants
from .pending import Stamp
from .standing import Route

__all__ = ["AUDIT", "EXPOSURES", "Act", "expose", "note", "read_audit", "users_with"]

_INSTANT = pa.timestamp("us")
_AUDIT = {
    "at": (_INSTANT, "when, UTC, by the clock on the wall"),
    "run_id": (pa.string(), "the run that did it"),
    "who": (pa.string(), "the user of the system, or the token, that asked for it"),
    "action": (pa.string(), "sync, export, letters or forget"),
    "audience": (pa.string(), "of which audience"),
    "sink": (pa.string(), "through which sink; null for an export"),
    "destination": (pa.string(), "where to, without secrets"),
    "added": (pa.int64(), "users who were sent for the first time, or again after they had left"),
    "updated": (pa.int64(), "users of whom something else was sent"),
    "left": (pa.int64(), "users who were taken out"),
    "held_out": (pa.int64(), "users who are left alone from now on to measure lift"),
    "outcome": (pa.string(), "delivered, or broken where only a part was"),
}
_EXPOSURES = {
    "audience": (pa.string(), "of which audience; a partition"),
    "sink": (pa.string(), "through which sink, or export; a partition"),
    "user_id": (pa.string(), "who"),
    "as_of": (_INSTANT, "since when, UTC, by the project's clock"),
    "held_out": (pa.bool_(), "whether the user is left alone; else the user was sent"),
    "run_id": (pa.string(), "the run that did it"),
}


def _schema(columns: dict[str, tuple[pa.DataType, str]]) -> pa.Schema:
    return pa.schema([pa.field(name, type_, metadata={"comment": told}) for name, (type_, told) in columns.items()])


AUDIT = _schema(_AUDIT)
"""The columns of the table `audit`, which names no user whom tags are written on."""
EXPOSURES = _schema(_EXPOSURES)
"""The columns of the table `exposures`."""

_INSIDE = pa.schema([one for one in EXPOSURES if one.name not in Route._fields])


@dataclass(frozen=True)
class Act:
    """A line of the audit: what was done, and to how many."""

    action: str
    audience: str
    sink: str | None
    destination: str
    added: int = 0
    updated: int = 0
    left: int = 0
    held_out: int = 0
    outcome: str = "delivered"

    def line(self, stamp: Stamp) -> dict[str, Any]:
        """The line as the table has it."""
        at = datetime.fromtimestamp(stamp.at, UTC).replace(tzinfo=None)
        return {"at": at, "run_id": stamp.run_id, "who": stamp.who, **asdict(self)}


def note(store: Store, stamp: Stamp, *acts: Act) -> dict[str, int]:
    """The new version of `audit`, with more lines. Only under the store's lock."""
    rows = pa.concat_tables([read_audit(store), pa.Table.from_pylist([act.line(stamp) for act in acts], AUDIT)])
    path = store.stage("audit", {})
    pq.write_table(rows, path, compression="zstd")
    return {"audit": store.commit("audit", AUDIT, (), [NewFile(path, {}, len(rows))], lambda _: True)}


def read_audit(store: Store) -> pa.Table:
    """All lines of the audit, the oldest first."""
    files = store.files("audit")
    return pa.concat_tables(
        [AUDIT.empty_table(), *(pq.read_table(one, partitioning=None).cast(AUDIT) for one in files)]
    )


def expose(store: Store, route: Route, stamp: Stamp, sent: pa.Array, held: pa.Array) -> dict[str, int]:
    """The new version of `exposures`, where anybody was exposed or held out. Only under the store's lock."""
    users = pa.concat_arrays([_one(sent), _one(held)])
    if not len(users):
        return {}
    columns = {
        "user_id": users,
        "as_of": instants([stamp.as_of]).take(pa.array([0] * len(users))),
        "held_out": pa.concat_arrays([pa.repeat(False, len(sent)), pa.repeat(True, len(held))]),
        "run_id": pa.repeat(stamp.run_id, len(users)),
    }
    path = store.stage("exposures", route.partition)
    pq.write_table(pa.table(columns, _INSIDE), path, compression="zstd")
    file = NewFile(path, route.partition, len(users))
    return {"exposures": store.commit("exposures", EXPOSURES, Route._fields, [file], lambda _: False)}


def users_with(changes: pa.Table, change: str) -> pa.Array:
    """The users of one kind of change."""
    return _one(changes["user_id"].filter(pc.equal(changes["change"], change)))


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
