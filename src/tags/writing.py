"""Tags into the store: all of a run or nothing of it, and the same run twice only once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq

from ..engines.delta import NewFile
from ..engines.duck import connect, literal, quoted
from ..engines.files import canonical_json
from ..engines.store import Store
from .published import Published, as_facts, current_columns, files_of, published
from .rows import PARTITIONS, SCHEMA, Kind, content_hash, partition_of

__all__ = ["Batch", "already_published", "publish", "run_key"]

CONSENT_VERSION = "none"
"""No consents are known to this version."""

_ROW_GROUP = 65_536


@dataclass(frozen=True)
class Batch:
    """All rows of one tag at one instant, in the schema of files; `key` names what they were made of."""

    tag: str
    as_of: int
    key: str
    run_id: str
    rows: pa.Table

    def described(self) -> Published:
        """What is remembered of it."""
        return Published(self.as_of, self.key, self.run_id, self.rows.num_rows, content_hash(self.rows))


def run_key(as_of: int, log_version: str, definition_hash: str, bundle_hash: str | None) -> str:
    """The sha256 of everything that decides a tag's rows: with the same key, they are the same."""
    parts = [as_of, log_version, bundle_hash, definition_hash, CONSENT_VERSION]
    return sha256(canonical_json(parts).encode()).hexdigest()


def already_published(store: Store, tag: str, as_of: int, key: str) -> Published | None:
    """What was published under this key at this instant, or None."""
    return next((one for one in published(store, tag) if (one.as_of, one.key) == (as_of, key)), None)


def publish(store: Store, batches: Sequence[Batch], tags: Mapping[str, Kind]) -> list[Published]:
    """Replace the batches' instants in `tags`, rebuild `current`, and show both at once; tells what is remembered.

    In `current` each tag stands as of its newest instant, so an older one that is filled in later
    changes only the history. A tag that has become another kind since is null there until it is written again.

    Args:
        tags: all tags of the project, which are the columns of `current`.

    Raises:
        SpecError: two tags would have a column of the same name.
    """
    current_columns(tags)
    entries = [batch.described() for batch in batches]
    files = [_write(store, batch) for batch in batches]
    replaced = [dict(file.partition) for file in files]
    version = store.commit("tags", SCHEMA, PARTITIONS, files, lambda partition: dict(partition) in replaced)
    known = _merged(store, batches, entries)
    fresh = {(batch.tag, batch.as_of): [str(file.path)] for batch, file in zip(batches, files, strict=True)}
    current = _rebuild_current(store, _newest_files(store, tags, known, fresh), tags)
    facts = {**store.facts("tags"), **{tag: as_facts(entries) for tag, entries in known.items()}}
    store.publish({"tags": version, "current": current}, {"tags": facts})
    return entries


def _write(store: Store, batch: Batch) -> NewFile:
    folders, values = partition_of(batch.tag, batch.as_of)
    path = store.stage("tags", folders)
    pq.write_table(batch.rows, path, compression="zstd", row_group_size=_ROW_GROUP)
    return NewFile(path, values, batch.rows.num_rows)


def _merged(store: Store, batches: Sequence[Batch], entries: Sequence[Published]) -> dict[str, list[Published]]:
    """What will be known of each batch's tag once it is published, oldest first."""
    merged: dict[str, list[Published]] = {}
    for batch, entry in zip(batches, entries, strict=True):
        known = merged.get(batch.tag) or published(store, batch.tag)
        others = [one for one in known if one.as_of != entry.as_of]
        merged[batch.tag] = sorted([*others, entry], key=lambda one: one.as_of)
    return merged


def _newest_files(
    store: Store,
    tags: Mapping[str, Kind],
    known: Mapping[str, list[Published]],
    fresh: Mapping[tuple[str, int], list[str]],
) -> dict[str, list[str]]:
    files = {}
    for tag in tags:
        entries = known.get(tag) or published(store, tag)
        if entries:
            as_of = entries[-1].as_of
            files[tag] = fresh.get((tag, as_of)) or files_of(store, tag, as_of)
    return files


def _rebuild_current(store: Store, files: Mapping[str, list[str]], tags: Mapping[str, Kind]) -> int:
    columns = [field for _, _, field in current_columns(tags).values()]
    schema = pa.schema([SCHEMA.field("user_id"), *columns])
    path = store.stage("current", {})
    with connect() as con:
        con.register("nobody", schema.empty_table())
        con.execute(f"COPY ({_wide(files, tags)}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    rows = pq.read_metadata(path).num_rows
    return store.commit("current", schema, (), [NewFile(path, {}, rows)], lambda _: True)


def _wide(files: Mapping[str, list[str]], tags: Mapping[str, Kind]) -> str:
    """One row per user from the newest rows of every tag; `nobody` has all columns, so an unwritten tag is null."""
    columns = current_columns(tags)
    parts = ["SELECT * FROM nobody"]
    for tag, paths in files.items():
        own = [f"{quoted(source)} AS {quoted(name)}" for name, (owner, source, _) in columns.items() if owner == tag]
        listed = ", ".join(literal(path) for path in paths)
        read = f"read_parquet([{listed}], hive_partitioning = false) WHERE kind = {literal(tags[tag])}"
        parts.append(f"SELECT user_id, {', '.join(own)} FROM {read}")
    taken = ", ".join(f"any_value({quoted(name)}) AS {quoted(name)}" for name in columns)
    return f"SELECT user_id, {taken} FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY user_id ORDER BY user_id"
