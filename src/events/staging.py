"""Files of one source, read into canonical rows and rows for quarantine, beside the store until all is well."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ..engines.duck import literal, quoted
from ..errors import QuarantineError
from ..quantities import Share
from .files import SourceFile
from .raw import RawFile, refusing

__all__ = ["Staged", "check_share", "stage_file"]


@dataclass
class Staged:
    """What was read of one source so far; grows file by file."""

    name: str
    good: list[Path] = field(default_factory=list)
    bad: list[Path] = field(default_factory=list)
    rows_good: int = 0
    oddities: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    @property
    def rows_bad(self) -> int:
        """Rows that go to quarantine."""
        return self.reasons.total()


def stage_file(
    con: duckdb.DuckDBPyConnection, staged: Staged, file: SourceFile, query: str, raw: RawFile, folder: Path
) -> None:
    """Add the rows of the opened file to what is staged; good ones keep `:file` and `:row`.

    Args:
        query: gives canonical rows of the view `raw`, with `:row`, `:kind`, `:reason` and columns that end in `:odd`.

    Raises:
        SourceError: the file turns out to be damaged, or of a type that is no time, further on.
    """
    number = len(staged.good)
    rows, good, bad = (folder / f"{staged.name}-{number:06}-{part}.parquet" for part in ("rows", "good", "bad"))
    with refusing(staged.name if "." in staged.name else f"sources.{staged.name}", file):
        _copy(con, query, rows)
        _copy(con, _bad_rows(staged.name, file, _read(rows), raw), bad)
    _note_oddities(con, staged, rows)
    columns = "COLUMNS(lambda c: c NOT IN (':kind', ':reason') AND NOT ends_with(c, ':odd'))"
    _copy(con, f'SELECT {columns}, {literal(file.shown)} AS ":file" FROM {_read(rows)} WHERE ":reason" IS NULL', good)
    rows.unlink()
    _count(con, staged, good, bad)


def check_share(staged: Staged, extra: Counter[str], allowed: Share) -> None:
    """Nothing, where few enough of the source's rows are bad.

    Raises:
        QuarantineError: more are; the message shows the most frequent reasons, each with an example.
    """
    reasons = staged.reasons + extra
    rows = staged.rows_good + staged.rows_bad
    if reasons.total() <= allowed.value * rows:
        return
    shown = [
        f"  {count:,} × {reason}, such as {staged.examples.get(reason, reason)}"
        for reason, count in reasons.most_common(5)
    ]
    raise QuarantineError(
        f"{staged.name}: {reasons.total():,} of {rows:,} rows are bad, more than the {allowed} that "
        "ingest.max_quarantined allows; nothing was changed. Mend the file or the mapping, or raise the share.\n"
        + "\n".join(shown)
    )


def _note_oddities(con: duckdb.DuckDBPyConnection, staged: Staged, rows: Path) -> None:
    odd = [name for name in con.sql(f"SELECT * FROM {_read(rows)} LIMIT 0").columns if name.endswith(":odd")]
    for column in odd:
        query = f'SELECT {quoted(column)}, count(*) FROM {_read(rows)} WHERE ":reason" IS NULL GROUP BY ALL'
        staged.oddities.update({kind: count for kind, count in con.sql(query).fetchall() if kind})


def _bad_rows(source: str, file: SourceFile, read: str, raw: RawFile) -> str:
    refused = f"""
        SELECT bad.":row" AS row, bad.":kind" AS kind, bad.":reason" AS reason, {raw.record} AS record
        FROM {read} AS bad JOIN raw ON raw.":row" = bad.":row" WHERE bad.":reason" IS NOT NULL
    """
    every = f"{refused} UNION ALL SELECT row, reason, reason, record FROM ({raw.rejected})" if raw.rejected else refused
    return f"SELECT {literal(source)} AS source, {literal(file.shown)} AS file, * FROM ({every}) ORDER BY row"


def _read(path: Path) -> str:
    return f"read_parquet({literal(str(path))}, hive_partitioning = false)"


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    con.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet)")


def _count(con: duckdb.DuckDBPyConnection, staged: Staged, good: Path, bad: Path) -> None:
    (rows,) = con.sql(f"SELECT count(*) FROM {_read(good)}").fetchall()[0]
    kinds = con.sql(f"""
        SELECT kind, count(*), min_by(file || ':' || row || ' (' || reason || ')', row) FROM {_read(bad)} GROUP BY kind
    """).fetchall()
    staged.good.append(good)
    staged.bad.append(bad)
    staged.rows_good += rows
    for kind, count, example in kinds:
        staged.reasons[kind] += count
        staged.examples.setdefault(kind, example)
