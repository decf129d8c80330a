"""Files of one source, read into canonical rows and rows for quarantine, beside the store until all is well."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ..engines.duck import literal, quoted, read_parquet
from ..errors import QuarantineError
from ..quantities import Share
from .files import SourceFile
from .raw import RawFile, refusing

__all__ = ["GOOD", "Staged", "StagedFile", "Staging", "Unread", "bucket_of", "check_share", "stage_file"]

GOOD = '":reason" IS NULL'
"""SQL that tells a good staged row."""


@dataclass(frozen=True)
class StagedFile:
    """What was read of one file: its rows by bucket in a folder, and the bad ones told in a file, if there are any.

    Rows keep the `:file`, its `:place` among all and the `:row` they came from.
    """

    folder: Path
    bad: Path | None
    rows_good: int
    oddities: Mapping[str, int]
    reasons: Mapping[str, int]
    examples: Mapping[str, str]

    @property
    def files(self) -> dict[Path, int]:
        """The Parquet files of its rows, sorted, and the bucket of each, even if it holds only bad rows."""
        found = sorted(self.folder.glob("bucket=*/*.parquet"))
        return {path: int(path.parent.name.removeprefix("bucket=")) for path in found}


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
    """SQL of the bucket of a user: md5 of the UTF-8 text, read as a little-endian number, modulo `buckets`."""
    return f"CAST(md5_number(user_id) % {buckets} AS INTEGER)"


@dataclass(frozen=True)
class Staging:
    """Where staged rows go: a folder of the run, divided into so many buckets."""

    folder: Path
    buckets: int


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
    placed = (
        f"SELECT * REPLACE (coalesce(bucket, 0) AS bucket), {origin} FROM ({query}) LEFT JOIN buckets USING (user_id)"
    )
    with refusing(unread.where, unread.file):
        con.execute(_buckets(query, staging.buckets))
        _copy(con, placed, folder, "PARTITION_BY (bucket)", "WRITE_PARTITION_COLUMNS true", "OVERWRITE_OR_IGNORE")
        files = sorted(folder.glob("bucket=*/*.parquet")) or [_empty(con, placed, folder)]
        bad = _bad_rows(con, unread, files, raw, folder / "bad.parquet")
    return StagedFile(folder, bad, *_counts(con, files, bad))


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


def _buckets(query: str, buckets: int) -> str:
    """Makes a table of the bucket of each user, for one md5 a row would take longer than all the rest."""
    users = f"SELECT DISTINCT user_id FROM ({query})"
    return f"CREATE OR REPLACE TEMP TABLE buckets AS SELECT user_id, {bucket_of(buckets)} AS bucket FROM ({users})"


def _empty(con: duckdb.DuckDBPyConnection, query: str, folder: Path) -> Path:
    """A file without rows, which tells the columns all the same."""
    path = folder / "bucket=0" / "data_0.parquet"
    path.parent.mkdir()
    _copy(con, query, path)
    return path


def _bad_rows(
    con: duckdb.DuckDBPyConnection, unread: Unread, files: Sequence[Path], raw: RawFile, path: Path
) -> Path | None:
    """The file at `path`, with the rows that go to quarantine; None where all are good."""
    parts = [f"SELECT row, reason AS kind, reason, record FROM ({raw.rejected})"] if raw.rejected else []
    staged = read_parquet(files)
    if con.sql(f"SELECT count(*) FROM {staged} WHERE NOT {GOOD}").fetchall()[0][0]:
        parts.append(f"""
            SELECT bad.":row" AS row, bad.":kind" AS kind, bad.":reason" AS reason, {raw.record} AS record
            FROM {staged} AS bad JOIN raw ON raw.":row" = bad.":row" WHERE NOT bad.{GOOD}
        """)
    if not parts:
        return None
    every = " UNION ALL ".join(parts)
    source = unread.where.removeprefix("sources.")
    told = f"SELECT {literal(source)} AS source, {literal(unread.file.shown)} AS file, * FROM ({every}) ORDER BY row"
    _copy(con, told, path)
    return path


def _counts(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], bad: Path | None
) -> tuple[int, dict[str, int], dict[str, int], dict[str, str]]:
    """How many rows are good, the oddities of these, and how often each reason was met with an example."""
    rows, oddities = read_parquet(files), Counter[str]()
    (good,) = con.sql(f"SELECT count(*) FROM {rows} WHERE {GOOD}").fetchall()[0]
    for odd in [name for name in con.sql(f"SELECT * FROM {rows} LIMIT 0").columns if name.endswith(":odd")]:
        query = f"SELECT {quoted(odd)}, count(*) FROM {rows} WHERE {GOOD} GROUP BY ALL"
        oddities.update({kind: count for kind, count in con.sql(query).fetchall() if kind})
    if bad is None:
        return good, dict(oddities), {}, {}
    kinds = con.sql(f"""
        SELECT kind, count(*), min_by(file || ':' || row || ' (' || reason || ')', row) FROM {read_parquet([bad])}
        GROUP BY kind ORDER BY min(row)
    """).fetchall()
    reasons, examples = {kind: count for kind, count, _ in kinds}, {kind: example for kind, _, example in kinds}
    return good, dict(oddities), reasons, examples


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path, *options: str) -> None:
    con.execute(f"COPY ({query}) TO {literal(str(path))} ({', '.join(['FORMAT parquet', *options])})")
