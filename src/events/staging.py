"""Files of one source, read into canonical rows and rows for quarantine, beside the store until all is well."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import duckdb

from ..engines.duck import literal, quoted, read_parquet
from ..errors import QuarantineError
from ..quantities import Share
from .files import SourceFile
from .raw import RawFile, refusing

__all__ = ["GOOD", "PART", "Staged", "StagedFile", "Staging", "Unread", "bucket_of", "check_share", "stage_file"]

GOOD = '":reason" IS NULL'
"""SQL that tells a good staged row."""


@dataclass(frozen=True)
class StagedFile:
    """What was read of one file: its rows by part in a folder, and the bad ones told in a file, if there are any.

    Rows have their bucket, and keep the `:file`, its `:place` among all and the `:row` they came from.
    """

    folder: Path
    bad: Path | None
    rows_good: int
    oddities: Mapping[str, int]
    reasons: Mapping[str, int]
    examples: Mapping[str, str]

    @property
    def files(self) -> dict[Path, int]:
        """The Parquet files of its rows, sorted, and the part of each, even if it holds only bad rows."""
        return {path: int(path.parent.name.rpartition("=")[2]) for path in sorted(self.folder.glob("*/*.parquet"))}


@dataclass
class Staged:
    """What was read of one source."""

    name: str
    files: Sequence[StagedFile] = ()
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, files: Sequence[StagedFile]) -> Staged:
        """The source's files together; of each reason the first example."""
        together = cls(name, files)
        for file in files:
            together.reasons.update(file.reasons)
            together.examples = {**file.examples, **together.examples}
        return together

    @property
    def oddities(self) -> Counter[str]:
        """How often a local time did not exist, or came twice."""
        return sum((Counter(file.oddities) for file in self.files), Counter())

    @property
    def rows_good(self) -> int:
        """Rows that may go into the log."""
        return sum(file.rows_good for file in self.files)

    @property
    def rows_bad(self) -> int:
        """Rows that go to quarantine."""
        return self.reasons.total()

    @property
    def bad(self) -> list[Path]:
        """The files that tell bad rows."""
        return [file.bad for file in self.files if file.bad is not None]


def bucket_of(buckets: int) -> str:
    """SQL of the bucket of a user: md5 of the UTF-8 text, read as a little-endian number, modulo `buckets`.

    The number is divided in its two halves, for DuckDB takes sixteen times as long over one of 128 bits.
    """
    number, half = "md5_number(user_id)", 2**64
    high, low = (f"CAST({number} {part} AS UBIGINT) % {buckets}" for part in (">> 64", f"& {half - 1}"))
    return f"CAST(({high} * {half % buckets} + {low}) % {buckets} AS INTEGER)"


PART = 8 * 2**20
"""Bytes of files to read that are one part of the work: enough that what each part costs beside its rows is little."""


@dataclass(frozen=True)
class Staging:
    """Where staged rows go: a folder of the run, divided into parts, each of which has some of so many buckets."""

    folder: Path
    buckets: int
    parts: int = 1

    @classmethod
    def of(cls, folder: Path, buckets: int, files: Iterable[SourceFile]) -> Self:
        """The folder with as many parts as all the files to be staged there make, each of at least one bucket."""
        return cls(folder, buckets, min(buckets, 1 + sum(file.size for file in files) // PART))

    @property
    def part(self) -> str:
        """SQL of the part that a bucket belongs to."""
        return f"bucket * {self.parts} // {self.buckets}"


@dataclass(frozen=True)
class Unread:
    """A file to read, the so-manieth of the source or table whose key is `where`."""

    where: str
    number: int
    file: SourceFile


def stage_file(
    con: duckdb.DuckDBPyConnection, unread: Unread, query: str, raw: RawFile, staging: Staging
) -> StagedFile:
    """What was read of the opened file.

    Args:
        query: gives canonical rows of the view `raw`, with `:row`, `:kind`, `:reason` and columns that end in `:odd`.

    Raises:
        SourceError: the file turns out to be damaged, or of a type that is no time, further on.
    """
    folder = staging.folder / f"{unread.where}-{unread.number:06}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    origin = f'{literal(unread.file.shown)} AS ":file", {unread.number} AS ":place"'
    placed = f"SELECT *, coalesce({bucket_of(staging.buckets)}, 0) AS bucket, {origin} FROM ({query})"
    parted = f'SELECT *, {staging.part} AS ":part" FROM ({placed})'
    with refusing(unread.where, unread.file):
        _copy(con, parted, folder, 'PARTITION_BY (":part")', "OVERWRITE_OR_IGNORE")
        files = sorted(folder.glob("*/*.parquet")) or [_empty(con, placed, folder)]
        good, bad, oddities = _counts(con, files)
        told = _bad_rows(con, unread, files if bad else (), raw, folder / "bad.parquet")
    return StagedFile(folder, told, good, oddities, *_reasons(con, told))


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


def _empty(con: duckdb.DuckDBPyConnection, query: str, folder: Path) -> Path:
    """A file without rows, which tells the columns all the same."""
    path = folder / "part=0" / "data_0.parquet"
    path.parent.mkdir()
    _copy(con, query, path)
    return path


def _counts(con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> tuple[int, int, Counter[str]]:
    """How many rows are good and how many are not, and the oddities of the good ones."""
    rows, counts, oddities = read_parquet(files), Counter[bool](), Counter[str]()
    odd = [quoted(name) for name in con.sql(f"SELECT * FROM {rows} LIMIT 0").columns if name.endswith(":odd")]
    query = f"SELECT {', '.join([GOOD, 'count(*)', *odd])} FROM {rows} GROUP BY ALL"
    for is_good, count, *kinds in con.sql(query).fetchall():
        counts[is_good] += count
        for kind in kinds:
            oddities[kind] += count if is_good and kind else 0
    return counts[True], counts[False], +oddities


def _bad_rows(
    con: duckdb.DuckDBPyConnection, unread: Unread, files: Sequence[Path], raw: RawFile, path: Path
) -> Path | None:
    """The file at `path`, with the rows that go to quarantine: lines that are no rows, and those of the staged files.

    None where there is neither.
    """
    parts = [f"SELECT row, reason AS kind, reason, record FROM ({raw.rejected})"] if raw.rejected else []
    if files:
        parts.append(f"""
            SELECT bad.":row" AS row, bad.":kind" AS kind, bad.":reason" AS reason, {raw.record} AS record
            FROM {read_parquet(files)} AS bad JOIN raw ON raw.":row" = bad.":row" WHERE NOT bad.{GOOD}
        """)
    if not parts:
        return None
    every = " UNION ALL ".join(parts)
    source = unread.where.removeprefix("sources.")
    told = f"SELECT {literal(source)} AS source, {literal(unread.file.shown)} AS file, * FROM ({every}) ORDER BY row"
    _copy(con, told, path)
    return path


def _reasons(con: duckdb.DuckDBPyConnection, bad: Path | None) -> tuple[dict[str, int], dict[str, str]]:
    """How often each reason was met, and an example of each."""
    if bad is None:
        return {}, {}
    kinds = con.sql(f"""
        SELECT kind, count(*), min_by(file || ':' || row || ' (' || reason || ')', row) FROM {read_parquet([bad])}
        GROUP BY kind ORDER BY min(row)
    """).fetchall()
    return {kind: count for kind, count, _ in kinds}, {kind: example for kind, _, example in kinds}


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path, *options: str) -> None:
    con.execute(f"COPY ({query}) TO {literal(str(path))} ({', '.join(['FORMAT parquet', *options])})")
