"""Audiences as they stood: who was in them at each moment they were saved, and under which definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...engines.delta import NewFile
from ...engines.files import canonical_json
from ...engines.store import Store
from ...timeline import instant, shown
from ..content import ContentHash
from .condition import compiled, members_text
from .declared import Project
from .members import draws_of, members
from .salts import SALTS, deciding, kept_salts

__all__ = ["AUDIENCES", "Draft", "Saved", "draft", "publish", "saved", "saved_members"]

TABLE = "audiences"

_COLUMNS = {
    "audience": (pa.string(), "name of the audience; a partition"),
    "as_of": (pa.timestamp("us"), "the instant, UTC, at which it was saved; a partition"),
    "user_id": (pa.string(), "who was in it, suppressed users left out"),
    "holdout": (pa.bool_(), "whether the user is left alone, to measure lift"),
}

AUDIENCES = pa.schema([pa.field(name, type_, metadata={"comment": note}) for name, (type_, note) in _COLUMNS.items()])
"""All columns of the table `audiences`, which is partitioned by `audience` and `as_of`."""

_PARTITIONS = ("audience", "as_of")
_INSIDE = pa.schema([field for field in AUDIENCES if field.name not in _PARTITIONS])


@dataclass(frozen=True)
class Saved:
    """An audience at an instant, in seconds: how many were in it, and who came and left since it was saved before.

    `definition` holds what the project file said of it and of the audiences it rests on, `definition_hash` is the
    sha256 of that. `since` is the instant that is compared with, None for the first. `salts` are those of its holdout.
    """

    as_of: int
    run_id: str
    users: int
    held_out: int
    added: int
    left: int
    since: int | None
    definition: Mapping[str, Any]
    definition_hash: str
    members_hash: str
    salts: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The moment as JSON holds it."""
        since = None if self.since is None else shown(self.since)
        return {**asdict(self), "as_of": shown(self.as_of), "since": since, "salts": list(self.salts)}


@dataclass(frozen=True)
class Draft:
    """The members of an audience that are not saved yet; `is_known` where the very same was saved at this instant."""

    name: str
    saved: Saved
    rows: pa.Table
    is_known: bool


def saved(store: Store, name: str) -> list[Saved]:
    """The moments at which an audience was saved, the oldest first."""
    kept: Mapping[str, Any] = store.facts(TABLE).get(name, {})
    return sorted((_read(fact) for fact in kept.values()), key=lambda one: one.as_of)


def saved_members(store: Store, name: str, as_of: int) -> pa.Table:
    """Who was in an audience when it was saved at an instant: `user_id` and `holdout`, sorted by user."""
    files = store.files(TABLE, **_partition(name, as_of)[1])
    return pa.concat_tables([_INSIDE.empty_table(), *(pq.read_table(file, partitioning=None) for file in files)])


def draft(project: Project, store: Store, name: str, now: int, run_id: str) -> Draft:
    """An audience as it is now, beside when it was saved last.

    Raises:
        SpecError: there is no such audience, or its condition is wrong.
        RefusedError: nobody was scored yet, or a list of users cannot be read.
    """
    rows = members(project, store, name, now).cast(_INSIDE)
    condition = compiled(project, members_text(name))
    definition = {one: deciding(project.spec.audiences[one]) for one in condition.audiences}
    content = ContentHash()
    content.update(rows)
    history = saved(store, name)
    before = next((one for one in reversed(history) if one.as_of < now), None)
    added, left = _changes(store, name, before, rows)
    found = Saved(
        as_of=now,
        run_id=run_id,
        users=len(rows),
        held_out=pc.sum(rows["holdout"]).as_py() or 0,
        added=added,
        left=left,
        since=None if before is None else before.as_of,
        definition=definition,
        definition_hash=sha256(canonical_json(definition).encode()).hexdigest(),
        members_hash=content.hexdigest(),
        salts=tuple(one.salt for one in draws_of(project, store, condition)),
    )
    return Draft(name, found, rows, any(_says(one) == _says(found) for one in history))


def publish(project: Project, store: Store, drafts: Sequence[Draft]) -> None:
    """Show the audiences as they are now, all at once, and keep the salts of all. Only under the store's lock."""
    files, facts = [], dict(store.facts(TABLE))
    for one in drafts:
        folders, values = _partition(one.name, one.saved.as_of)
        path = store.stage(TABLE, folders)
        pq.write_table(one.rows, path, compression="zstd")
        files.append(NewFile(path, values, len(one.rows)))
        facts[one.name] = {**facts.get(one.name, {}), shown(one.saved.as_of): one.saved.as_dict()}
    replaced = [dict(file.partition) for file in files]
    version = store.commit(TABLE, AUDIENCES, _PARTITIONS, files, lambda partition: dict(partition) in replaced)
    store.publish({TABLE: version}, {TABLE: facts, SALTS: kept_salts(project, store)})


def _changes(store: Store, name: str, before: Saved | None, rows: pa.Table) -> tuple[int, int]:
    """How many came and how many left."""
    if before is None:
        return len(rows), 0
    earlier = saved_members(store, name, before.as_of)["user_id"]
    stayed = pc.sum(pc.is_in(rows["user_id"], earlier.combine_chunks())).as_py() or 0
    return len(rows) - stayed, len(earlier) - stayed


def _says(one: Saved) -> tuple[int, str, str]:
    return one.as_of, one.definition_hash, one.members_hash


def _read(fact: Mapping[str, Any]) -> Saved:
    since = None if fact["since"] is None else instant(fact["since"])
    return Saved(**{**fact, "as_of": instant(fact["as_of"]), "since": since, "salts": tuple(fact["salts"])})


def _partition(name: str, as_of: int) -> tuple[dict[str, str], dict[str, str]]:
    """The partition of an audience at an instant: as folders are named, and as the table knows it."""
    moment = datetime.fromtimestamp(as_of, UTC)
    return (
        {"audience": name, "as_of": f"{moment:%Y%m%dT%H%M%SZ}"},
        {"audience": name, "as_of": f"{moment:%Y-%m-%d %H:%M:%S}"},
    )
