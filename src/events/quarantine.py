"""Where rows stay that cannot be read as declared, each with its file, row and reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from ..engines.delta import NewFile
from ..engines.duck import literal, read_parquet
from ..engines.store import Store
from ..timeline import shown

__all__ = ["commit_quarantine"]

_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()), ("source", pa.string()), ("file", pa.string()), ("row", pa.int64()),
        ("reason", pa.string()), ("record", pa.string()), ("quarantined_at", pa.timestamp("us")),
    ]
)  # fmt: skip


def commit_quarantine(
    con: duckdb.DuckDBPyConnection, store: Store, bad: Sequence[Path], run_id: str, now: int
) -> int | None:
    """The table's new version with the rows of the given files; None when they hold none."""
    if not bad:
        return None
    read = read_parquet(bad)
    (rows,) = con.sql(f"SELECT count(*) FROM {read}").fetchall()[0]
    if not rows:
        return None
    path = store.stage("quarantine", {})
    con.execute(f"""
        COPY (
            SELECT {literal(run_id)} AS run_id, source, file, CAST(row AS BIGINT) AS row, reason, record,
                   TIMESTAMP {literal(shown(now).removesuffix("Z"))} AS quarantined_at
            FROM {read} ORDER BY source, file, row
        ) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)
    """)
    return store.commit("quarantine", _SCHEMA, [], [NewFile(path, {}, rows)], lambda _: False)
