"""Small files of a bucket made one, so that a log fed daily is read from a few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from ..engines.delta import NewFile
from ..engines.duck import read_parquet, working
from ..engines.seals import seal
from ..engines.store import Store
from .appending import lay_out, write_events
from .log import EventLog

__all__ = ["compact"]

MOST_ALIKE = 8
"""So many files of like size make one."""
LARGE = 64 * 2**20
"""Bytes from which on a file is never rewritten."""


def compact(store: Store, buckets: Sequence[int], folder: Path, memory: str) -> None:
    """Rewrite the small files of these buckets where they are many, and publish that. Only under the store's lock.

    Files are alike when their sizes lie between the same powers of `MOST_ALIKE`. Those of a crowded size are made one
    together with all smaller ones, so that in a log of any length a row is rewritten a few times only.
    """
    log, made, gone = EventLog.open(store), list[NewFile](), list[Path]()
    for bucket in buckets:
        paths = _crowded(log.files(bucket))
        if paths:
            partition = {"bucket": str(bucket)}
            path = store.stage("events", partition)
            with working(memory, folder) as con:
                write_events(con, f"SELECT * FROM {read_parquet(paths)}", path)
            sealed = seal(path)
            made.append(NewFile(sealed, partition, pq.read_metadata(sealed).num_rows))
            gone += paths
    if made:
        store.publish({"events": store.swap("events", made, gone)}, {})
    for file in made:
        lay_out(store.root, file.path)


def _crowded(files: Sequence[Path]) -> list[Path]:
    """The files that should be one, none where few are alike."""
    sizes = {path: _power(path.stat().st_size) for path in files if path.stat().st_size < LARGE}
    crowded = [power for power, count in Counter(sizes.values()).items() if count >= MOST_ALIKE]
    return [path for path, power in sizes.items() if crowded and power <= max(crowded)]


def _power(size: int) -> int:
    """How often the size can be divided by `MOST_ALIKE`."""
    power = 0
    while size >= MOST_ALIKE:
        size, power = size // MOST_ALIKE, power + 1
    return power
