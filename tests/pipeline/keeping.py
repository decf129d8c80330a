"""A shop that was scored several times, for tests of what is kept and what can be restored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limner.engines.delta import NewFile
from limner.pipeline.restore import RestoreResult, restore
from limner.pipeline.score import score
from limner.progress import Silent
from limner.tags.published import read_current
from limner.tags.rows import INSIDE, PARTITIONS, SCHEMA, partition_of
from limner.timeline import DAY, FixedClock

from .shop import NOW, WALL, Shop

EARLIER = NOW - 5 * DAY


def scored(shop: Shop, minute: int, tags: Sequence[str] | None = None, as_of: int | None = None) -> str:
    """The id of a run that began so many minutes after the others."""
    clock = FixedClock(WALL.second + 60 * minute)
    result = score(shop.project, shop.store, tags=tags, as_of=as_of, clock=clock, progress=Silent())
    assert result.exit_code == 0
    return str(result.manifest["run_id"])


def restored(shop: Shop, run: str, minute: int = 50) -> RestoreResult:
    return restore(shop.project, shop.store, run, FixedClock(WALL.second + 60 * minute))


def seen(shop: Shop) -> tuple[Any, ...]:
    """All that a reader sees of the tags: what is current, the whole history, and what is known of it."""
    files = shop.store.files("tags")
    places = [str(Path(file).parent.relative_to(shop.store.root)) for file in files]
    history = {
        place: pq.read_table(file, partitioning=None).to_pylist() for place, file in zip(places, files, strict=True)
    }
    return read_current(shop.store).to_pylist(), history, shop.store.facts("tags")


def beside(shop: Shop, as_of: int) -> Path:
    """The file of another table that was published with a partition for the tag `size` at an instant."""
    store = shop.store
    folders, values = partition_of("size", as_of)
    path = store.stage("others", folders)
    pq.write_table(INSIDE.empty_table(), path)
    version = store.commit("others", SCHEMA, PARTITIONS, [NewFile(path, values, 0)], lambda one: dict(one) == values)
    store.publish({"others": version}, {})
    return path


def current(shop: Shop) -> pa.Table:
    return read_current(shop.store)


def manifest(shop: Shop, run_id: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads((shop.store.root / "runs" / f"{run_id}.json").read_text())
    return written
