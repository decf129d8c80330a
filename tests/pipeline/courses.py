"""Commands that are disturbed: what readers see before, what they see after, and nothing may be in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limner.events.log import EventLog
from limner.tags.published import published, read_current
from limner.timeline import DAY

from .nursery import Ended, Nursery
from .shop import LAST, START, Shop

EARLIER = "2024-01-30"
"""When the shop was scored before the scoring that is disturbed."""


@dataclass(frozen=True)
class Course:
    """A command in a shop, undisturbed: what readers see before and after it, and how long it takes."""

    shop: Shop
    before: Any
    after: Any
    seconds: float


def typed(nursery: Nursery, shop: Shop, *arguments: str, killed_after: float | None = None) -> Ended:
    return nursery.run(*arguments, "--config", str(shop.folder / "shop.yaml"), killed_after=killed_after)


def tags_of(shop: Shop) -> Any:
    """What readers see: each tag at each instant, whether all its rows are there, and everybody's current tags."""
    entries = {tag: published(shop.store, tag) for tag in shop.project.spec.tags}
    assert all(len(shop.rows(tag, one.as_of)) == one.rows for tag, found in entries.items() for one in found)
    hashes = {tag: {one.as_of: one.tags_hash for one in found} for tag, found in entries.items()}
    return hashes, read_current(shop.store).to_pylist()


def events_of(shop: Shop) -> Any:
    """What readers see: every event of the log, and whether as many are there as are said to be."""
    log = EventLog.open(shop.store)
    tables = [pq.read_table(file, partitioning=None) for file in shop.store.files("events")]
    read = pa.concat_tables(tables, promote_options="default")
    assert read.num_rows == log.rows
    return read.sort_by([("user_id", "ascending"), ("event_time", "ascending"), ("event_id", "ascending")]).to_pylist()


def scoring_course(nursery: Nursery, shop: Shop) -> Course:
    """The shop was scored before and is scored again, a day and a half later."""
    assert typed(nursery, shop, "score", "--as-of", EARLIER).exit_code == 0
    control = shop.copied(shop.folder.with_name("control"))
    ended = typed(nursery, control, "score")
    assert ended.exit_code == 0, ended.stderr
    return Course(shop, tags_of(shop), tags_of(control), ended.seconds)


def arriving_course(nursery: Nursery, shop: Shop) -> Course:
    """A second file has arrived, with an event of a known user and one of a new one, and is ingested."""
    shop.reworded("buys.parquet", "buys*.parquet")
    when = pa.array([LAST - DAY, START], pa.int64()).cast(pa.timestamp("s"))
    more = {"who": ["u1", "late"], "when": when, "amount": [1.0, 2.0], "shelf": ["dairy", None]}
    pq.write_table(pa.table(more), shop.folder / "buys_more.parquet")
    control = shop.copied(shop.folder.with_name("control"))
    ended = typed(nursery, control, "ingest")
    assert ended.exit_code == 0, ended.stderr
    return Course(shop, events_of(shop), events_of(control), ended.seconds)
