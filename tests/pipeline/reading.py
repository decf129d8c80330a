"""The page docs/reading.md as programs that run on a small shop, and what they must find there."""

from __future__ import annotations

import json
import re
import runpy
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limner.engines.store import Store
from limner.tags.published import files_of, published, read_current
from limner.tags.rows import PARTITIONS, SCHEMA
from limner.timeline import DAY
from tests.conftest import ROOT

from .shop import NOW, Shop

PAGE = (ROOT / "docs" / "reading.md").read_text()
FIRST = "Resolve what is published"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

Rows = list[dict[str, Any]]


def blocks() -> dict[str, str]:
    """The block of Python below each heading that has one."""
    parts = [part.partition("\n") for part in PAGE.split("\n## ")]
    found = [(heading, code) for heading, _, text in parts for code in BLOCK.findall(text)]
    assert len(dict(found)) == len(found)
    return dict(found)


def laid_out(shop: Shop, folder: Path) -> Store:
    """The store of a shop where the page has it, with two days of tags and a commit that was never published."""
    shop.score(["size", "class"], as_of=NOW - 2 * DAY)
    shop.score()
    (folder / "configs").mkdir(parents=True)
    text = (shop.folder / "shop.yaml").read_text()
    (folder / "configs" / "shop.yaml").write_text(text.replace("store: store", "store: data/shop"))
    shutil.copytree(shop.store.root, folder / "data" / "shop")
    store = Store(folder / "data" / "shop")
    store.commit("tags", SCHEMA, PARTITIONS, [], lambda _: True)
    return store


def found_by(heading: str, folder: Path) -> dict[str, Rows]:
    """The rows that the block below a heading finds in the folder, in which the caller is."""
    program = folder / "page.py"
    program.write_text(blocks()[FIRST] + blocks()[heading])
    frames = runpy.run_path(str(program))
    return {name: _rows(frames[name]) for name in ("current", "tags", "events", "high")}


def expected(store: Store) -> dict[str, Rows]:
    """The same rows, read by other means."""
    tags = [
        {"tag": tag, "as_of": datetime.fromtimestamp(one.as_of, UTC).replace(tzinfo=None), **row}
        for tag in store.facts("tags")
        for one in published(store, tag)
        for file in files_of(store, tag, one.as_of)
        for row in pq.ParquetFile(file).read().to_pylist()
    ]
    events = [
        {"bucket": bucket, **row}
        for bucket in range(2)
        for file in store.files("events", bucket=str(bucket))
        for row in pq.ParquetFile(file).read().to_pylist()
    ]
    high = [row for row in tags if (row["tag"], row["tier"]) == ("lapse", "high")]
    asked = [{"user_id": row["user_id"], "probability": row["probability"]} for row in high]
    return {
        "current": _ordered(read_current(store).to_pylist()),
        "tags": _ordered(tags),
        "events": _ordered(events),
        "high": _ordered(asked),
    }


def _rows(frame: Any) -> Rows:
    """The rows of a frame of pandas, DuckDB, polars or Spark."""
    if type(frame).__module__.startswith("pandas"):
        return _ordered(pa.Table.from_pandas(frame, preserve_index=False).to_pylist())
    (convert,) = {"to_arrow_table", "to_arrow", "toArrow"}.intersection(dir(type(frame)))
    return _ordered(getattr(frame, convert)().to_pylist())


def _ordered(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, default=str))
