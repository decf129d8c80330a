"""Tags into the store: all of a run or nothing of it, and the same run twice only once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq

from ..engines.delta import NewFile
from ..engines.files import canonical_json
from ..engines.store import Store
from .changes import CHANGES, Changes, Standing
from .content import ContentHash
from .current import rebuild_current
from .holdout import Draw
from .published import Published, as_facts, current_columns, files_of, published
from .rows import INSIDE, PARTITIONS, SCHEMA, Kind, partition_of

__all__ = ["Batch", "Written", "already_published", "publish", "run_key", "write"]

_TOGETHER = 50_000
"""Rows of a file that lie together: as many are looked through by whoever reads one user."""
CONSENT_VERSION = "none"
"""No consents are known to this version."""


@dataclass(frozen=True)
class Batch:
    """All rows of one tag at one instant, piece by piece in the order of users; `key` names what they were made of.

    `rows` are in the schema of files, and may be read only once. `snapshot_hash` is that of the vectors behind them.
    """

    tag: str
    kind: Kind
    as_of: int
    key: str
    run_id: str
    rows: Iterable[pa.Table]
    snapshot_hash: str | None = None


@dataclass(frozen=True)
class Written:
    """A batch that lies in the store and is not shown yet: what will be remembered of it, its rows and its changes."""

    tag: str
    entry: Published
    rows: NewFile
    changes: NewFile


def run_key(
    as_of: int, log_version: str, definition_hash: str, bundle_hash: str | None, draws: Sequence[Draw] = ()
) -> str:
    """The sha256 of everything that decides a tag's rows: with the same key, they are the same.

    Args:
        draws: those that leave some of its users alone.
    """
    parts = [as_of, log_version, bundle_hash, definition_hash, CONSENT_VERSION]
    parts += [[one.salt, str(one.share)] for one in draws]
    return sha256(canonical_json(parts).encode()).hexdigest()


def already_published(store: Store, tag: str, as_of: int, key: str) -> Published | None:
    """What was published under this key at this instant, or None."""
    return next((one for one in published(store, tag) if (one.as_of, one.key) == (as_of, key)), None)


def write(store: Store, batch: Batch) -> Written:
    """The batch on disk, beside what changed since the instant before; nobody sees it before it is published."""
    folders, values = partition_of(batch.tag, batch.as_of)
    content, standing, n_rows = ContentHash(), [INSIDE.empty_table()], 0
    content.update(INSIDE.empty_table())
    path = store.stage("tags", folders)
    with pq.ParquetWriter(path, INSIDE, compression="zstd") as file:
        for rows in batch.rows:
            file.write_table(rows, _TOGETHER)
            content.update(rows)
            standing.append(rows.select(["user_id", "tier", "value"]))
            n_rows += rows.num_rows
    changes = Changes.against_the_last(store, batch.tag, batch.as_of, Standing.of(standing))
    beside = store.stage("changes", folders)
    pq.write_table(changes.as_rows(batch.run_id), beside, compression="zstd")
    told = changes.counts(by_place=batch.kind != "fact")
    entry = Published(batch.as_of, batch.key, batch.run_id, n_rows, content.hexdigest(), told, batch.snapshot_hash)
    return Written(batch.tag, entry, NewFile(path, values, n_rows), NewFile(beside, values, changes.rows.num_rows))


def publish(store: Store, batches: Sequence[Written], tags: Mapping[str, Kind]) -> None:
    """Replace the batches' instants in `tags` and `changes`, rebuild `current`, and show all of it at once.

    In `current` each tag stands as of its newest instant, so an older one that is filled in later
    changes only the history. A tag that has become another kind since is null there until it is written again.

    Args:
        tags: all tags of the project, which are the columns of `current`.

    Raises:
        SpecError: two tags would have a column of the same name.
    """
    current_columns(tags)
    replaced = [dict(batch.rows.partition) for batch in batches]
    versions = {
        table: store.commit(table, schema, PARTITIONS, files, lambda partition: dict(partition) in replaced)
        for table, schema, files in (
            ("tags", SCHEMA, [batch.rows for batch in batches]),
            ("changes", CHANGES, [batch.changes for batch in batches]),
        )
    }
    known = _merged(store, batches)
    fresh = {(batch.tag, batch.entry.as_of): [str(batch.rows.path)] for batch in batches}
    versions["current"] = rebuild_current(store, _newest_files(store, tags, known, fresh), tags)
    facts = {**store.facts("tags"), **{tag: as_facts(entries) for tag, entries in known.items()}}
    store.publish(versions, {"tags": facts})


def _merged(store: Store, batches: Sequence[Written]) -> dict[str, list[Published]]:
    """What will be known of each batch's tag once it is published, oldest first."""
    merged: dict[str, list[Published]] = {}
    for batch in batches:
        known = merged.get(batch.tag) or published(store, batch.tag)
        others = [one for one in known if one.as_of != batch.entry.as_of]
        merged[batch.tag] = sorted([*others, batch.entry], key=lambda one: one.as_of)
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
