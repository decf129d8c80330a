"""What changed against the instant before: who got a tag, whose value moved, and who lost it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..engines.store import Store
from ..timeline import shown
from .published import files_of, published
from .rows import SCHEMA

__all__ = ["CHANGES", "CHANGES_INSIDE", "Changes", "Standing"]

_COLUMNS = {
    "tag": (pa.string(), "name of the tag; a partition"),
    "as_of": (pa.timestamp("us"), "the instant, UTC, at which it is so; a partition"),
    "user_id": (pa.string(), "whose tag changed; at most once for each tag and as_of"),
    "change": (
        pa.string(),
        "added: has the tag and had not; updated: in another tier, class or value; left: has it no more",
    ),
    "before": (pa.string(), "tier, or value of a rule or fact, at the instant before; null where added"),
    "after": (pa.string(), "tier, or value of a rule or fact, now; null where left"),
    "since": (pa.timestamp("us"), "the instant, UTC, that is compared with; null where it is the first of the tag"),
    "run_id": (pa.string(), "the run that wrote the row"),
}

CHANGES = pa.schema([pa.field(name, type_, metadata={"comment": note}) for name, (type_, note) in _COLUMNS.items()])
"""All columns of the table `changes`, which is partitioned like `tags`."""

CHANGES_INSIDE = pa.schema([field for field in CHANGES if field.name not in {"tag", "as_of"}])
"""The columns inside a file."""


@dataclass(frozen=True)
class Standing:
    """Users and where they stand: in a tier, or with a value, `(n_users,)` each."""

    users: pa.Array
    places: pa.Array

    @classmethod
    def of(cls, tables: Sequence[pa.Table]) -> Self:
        """Where the rows of a tag put their users."""
        kept = [SCHEMA.field(name) for name in ("user_id", "tier", "value")]
        rows = pa.concat_tables(
            [pa.schema(kept).empty_table(), *(one.select([f.name for f in kept]) for one in tables)]
        )
        rows = rows.combine_chunks()
        return cls(*(_one(column) for column in (rows["user_id"], pc.coalesce(rows["tier"], rows["value"]))))


@dataclass(frozen=True)
class Changes:
    """The changes of a tag at an instant since the one before, in seconds, which is None where there is none.

    `rows` are `user_id`, `change`, `before` and `after`, sorted by user.
    """

    since: int | None
    rows: pa.Table

    @classmethod
    def against_the_last(cls, store: Store, tag: str, as_of: int, now: Standing) -> Self:
        """What changed against the newest instant published before `as_of`, in seconds; without one, all are added."""
        since = max((one.as_of for one in published(store, tag) if one.as_of < as_of), default=None)
        files = [] if since is None else files_of(store, tag, since)
        columns = ["user_id", "tier", "value"]
        before = Standing.of([pq.read_table(file, columns=columns, partitioning=None) for file in files])
        return cls(since, _compared(before, now))

    def as_rows(self, run_id: str) -> pa.Table:
        """The rows as the table `changes` has them."""
        since = None if self.since is None else datetime.fromtimestamp(self.since, UTC).replace(tzinfo=None)
        same = {"since": since, "run_id": run_id}
        arrays = [
            pa.repeat(pa.scalar(same[field.name], field.type), len(self.rows))
            if field.name in same
            else self.rows[field.name]
            for field in CHANGES_INSIDE
        ]
        return pa.table(arrays, schema=CHANGES_INSIDE)

    def counts(self, *, by_place: bool) -> dict[str, Any]:
        """How many were added, updated and left, as JSON holds it.

        Args:
            by_place: whether it is also told how many entered and left each tier or class.
        """
        kinds = Counter(dict(_counted(self.rows["change"])))
        told = {kind: kinds[kind] for kind in ("added", "updated", "left")}
        since = {"since": None if self.since is None else shown(self.since)}
        if not by_place:
            return {**since, **told}
        return {**since, **told, "entered": _places(self.rows["after"]), "exited": _places(self.rows["before"])}


def _compared(before: Standing, now: Standing) -> pa.Table:
    was_at = pc.index_in(now.users, before.users)
    earlier = before.places.take(was_at)
    is_moved = pc.fill_null(pc.not_equal(earlier, now.places), False)
    is_new = was_at.is_null()
    changed = pc.or_(is_new, is_moved)
    is_gone = np.ones(len(before.users), np.bool_)
    is_gone[was_at.drop_null().to_numpy()] = False
    gone = pa.array(is_gone)
    there = {
        "user_id": now.users.filter(changed),
        "change": pc.if_else(is_new, "added", "updated").filter(changed),
        "before": earlier.filter(changed),
        "after": now.places.filter(changed),
    }
    n_gone = int(is_gone.sum())
    no_more = {
        "user_id": before.users.filter(gone),
        "change": pa.repeat(pa.scalar("left"), n_gone),
        "before": before.places.filter(gone),
        "after": pa.nulls(n_gone, pa.string()),
    }
    return pa.concat_tables([pa.table(there), pa.table(no_more)]).sort_by("user_id")


def _counted(column: pa.ChunkedArray) -> list[tuple[str, int]]:
    return [(one["values"], one["counts"]) for one in column.value_counts().to_pylist()]


def _places(column: pa.ChunkedArray) -> Mapping[str, int]:
    return dict(sorted(_counted(column.drop_null())))


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
