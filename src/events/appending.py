"""New events of a bucket, each once, beside those that the log has: nothing older is read again without need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engines.duck import literal, quoted, read_parquet, reading, working
from ..engines.seals import seal
from .log import KNOWN, ORDER, EventLog
from .segments import Segment
from .staging import GOOD, StagedFile
from .workplace import Workplace

__all__ = ["CONFLICT", "Appended", "Appending", "SourceFacts", "lay_out", "write_events"]

CONFLICT = "event_id was seen before at another time"
"""Why a row with a known id is refused."""

TOGETHER = 8 * 2**20
"""Bytes of staged files that are sorted together at most, unless a single bucket has more."""

Keys = npt.NDArray[np.uint64]

_IDENTITY = "source, event_id, user_id"
_KEY = f"hash({_IDENTITY})"
"""SQL of a number that is the same for events of one identity, and hardly ever for others."""


@dataclass(frozen=True)
class SourceFacts:
    """What a source adds: rows, the first second of an event and the last at which one was known, and event types."""

    rows: int
    first: int
    last: int
    event_types: Sequence[str]


@dataclass(frozen=True)
class AppendedFile:
    """The new events of a bucket, in a sealed file."""

    bucket: int
    path: Path
    rows: int


@dataclass(frozen=True)
class Appended:
    """New events of a few buckets, a file for each that got any.

    The file `conflicts`, where there is one, tells rows whose id was seen at another time.
    """

    files: Sequence[AppendedFile]
    conflicts: Path | None
    sources: Mapping[str, SourceFacts]
    new_users: int

    @property
    def rows(self) -> int:
        """How many events are new."""
        return sum(one.rows for one in self.files)


@dataclass(frozen=True)
class Appending:
    """Staged files on their way into the log; a part of it can be done anywhere that sees the store."""

    log: EventLog
    staged: tuple[StagedFile, ...]
    place: Workplace
    memory: str

    @cached_property
    def parts(self) -> list[tuple[int, ...]]:
        """The buckets that got anything, in parts: those together that got little, for each part costs some time."""
        sizes: Counter[int] = Counter()
        for path, bucket in self._staged_files:
            sizes[bucket] += path.stat().st_size
        return list(_parts(sizes))

    def part(self, number: int) -> Appended:
        """The new events of one of the parts, sorted, in files of the work's folder.

        Of exact twins (source, event_id, event_time, user_id) one is kept, that of the log before all; of one id at
        several times the one already in the log, else the earliest. Which twin is kept depends on its content only.
        """
        buckets = self.parts[number]
        return self.place.once(f"append-{buckets[0]}-{buckets[-1]}", Appended, lambda: self._appended(buckets))

    @property
    def _staged_files(self) -> list[tuple[Path, int]]:
        return [pair for one in self.staged for pair in one.files.items()]

    def _appended(self, buckets: Sequence[int]) -> Appended:
        with working(self.memory, self.place.folder) as con:
            files = [path for path, bucket in self._staged_files if bucket in buckets]
            con.execute(f"""
                CREATE TEMP TABLE fresh AS
                SELECT COLUMNS(lambda c: c NOT IN (':kind', ':reason', ':place') AND NOT ends_with(c, ':odd')),
                       {_KEY} AS ":key" FROM ({self.log.files_sql(files)}) WHERE {GOOD}
            """)
            segments = {bucket: self._segments(bucket) for bucket in buckets}
            conflicts = self._settle(con, segments)
            written = self._written(con)
            return Appended(written, conflicts, _sources(con), _new_users(con, chain(*segments.values())))

    def _segments(self, bucket: int) -> list[Segment]:
        return [Segment.of(self.log.store.root, one) for one in self.log.files(bucket)]

    def _settle(self, con: duckdb.DuckDBPyConnection, segments: Mapping[int, Sequence[Segment]]) -> Path | None:
        """Leave in the table `fresh` what is new, each event once; the file of what was refused, if anything was."""
        fresh = con.sql('SELECT ":key" AS key, bucket FROM fresh').fetchnumpy()
        doubtful, met_again = [], []
        for bucket, known in segments.items():
            keys = np.sort(fresh["key"][fresh["bucket"] == bucket])
            seen = _seen(keys, known)
            doubtful += [seen, keys[1:][keys[1:] == keys[:-1]]]
            met_again += [one.path for one in known if len(seen)]
        wanted = np.unique(np.concatenate(doubtful))
        if not len(wanted):
            return None
        con.register("doubtful_keys", {":key": wanted})
        con.execute("CREATE TEMP TABLE doubtful AS FROM doubtful_keys")
        con.unregister("doubtful_keys")
        con.execute(_settled(self.log.files_sql(met_again), sorted(self.log.properties)))
        con.execute(_LEFT)
        return _conflicts(con, self.place.folder / f"conflicts-{min(segments)}.parquet")

    def _written(self, con: duckdb.DuckDBPyConnection) -> list[AppendedFile]:
        """The files of the table `fresh`, by bucket."""
        files = []
        for bucket, rows in con.sql("SELECT bucket, count(*) FROM fresh GROUP BY bucket ORDER BY bucket").fetchall():
            path = self.place.folder / f"events-{bucket}.parquet"
            write_events(
                con, f'SELECT * EXCLUDE (":file", ":row", ":key", bucket) FROM fresh WHERE bucket = {bucket}', path
            )
            files.append(AppendedFile(bucket, seal(path), rows))
        return files


def _parts(sizes: Mapping[int, int]) -> Iterator[tuple[int, ...]]:
    """Buckets, each with its neighbours as long as all of a part hold no more bytes than are sorted together."""
    part: tuple[int, ...] = ()
    held = 0
    for bucket, size in sorted(sizes.items()):
        if part and held + size > TOGETHER:
            yield part
            part, held = (), 0
        part, held = (*part, bucket), held + size
    if part:
        yield part


def lay_out(root: Path, path: Path) -> None:
    """Make the segment of a file of the log in the store at `root`, and what tells the next delivery its twins."""
    _keys_of(Segment.of(root, path))


def write_events(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write events to a file of the log, in its order."""
    options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880"
    con.execute(f"COPY ({query} ORDER BY {ORDER}) TO {literal(str(path))} ({options})")


_LEFT = """
    DELETE FROM fresh WHERE ":key" IN (SELECT ":key" FROM doubtful);
    INSERT INTO fresh BY NAME
    SELECT * EXCLUDE (":new", ":first") FROM settled WHERE ":new" AND event_time = ":first"
"""


def _settled(old: str, properties: Sequence[str]) -> str:
    listed = "".join(f", {quoted(name)}" for name in properties)
    return f"""
        CREATE TEMP TABLE settled AS
        WITH both_ages AS (
            SELECT *, {_KEY} AS ":key", false AS ":new" FROM ({old})
            WHERE {_KEY} IN (SELECT ":key" FROM doubtful)
            UNION ALL BY NAME
            SELECT *, true AS ":new" FROM fresh WHERE ":key" IN (SELECT ":key" FROM doubtful)
        ),
        numbered AS (
            SELECT *, row_number() OVER (
                PARTITION BY {_IDENTITY}, event_time
                ORDER BY ":new", available_time, event_type{listed}, ":file", ":row"
            ) AS ":twin"
            FROM both_ages
        )
        SELECT * EXCLUDE (":twin"),
               first_value(event_time) OVER (PARTITION BY {_IDENTITY} ORDER BY ":new", event_time) AS ":first"
        FROM numbered WHERE ":twin" = 1
    """


def _seen(fresh: Keys, segments: Sequence[Segment]) -> Keys:
    """Those of the keys that events of the log have too."""
    found = np.zeros(len(fresh), np.bool_)
    for segment in segments:
        known = _keys_of(segment)
        places = np.searchsorted(known, fresh)
        found |= known[np.minimum(places, len(known) - 1)] == fresh if len(known) else False
    return fresh[found]


def _keys_of(segment: Segment) -> Keys:
    """The keys of a segment's events, sorted; they hold for one version of DuckDB."""
    return segment.kept(f"sorted keys of duckdb {duckdb.__version__}", partial(_keys, segment.path))


def _keys(path: Path) -> Keys:
    with reading() as con:
        keys: Keys = con.sql(f"SELECT {_KEY} AS key FROM {read_parquet([path])}").fetchnumpy()["key"]
    return np.sort(keys)


def _conflicts(con: duckdb.DuckDBPyConnection, path: Path) -> Path:
    con.execute(f"COPY ({_CONFLICTS}) TO {literal(str(path))} (FORMAT parquet)")
    return path


_CONFLICTS = f"""
    SELECT source, ":file" AS file, ":row" AS row, {literal(CONFLICT)} AS kind,
           'event_id ' || event_id || ' was seen before at another time' AS reason,
           CAST(json_object(
               'user_id', user_id, 'event_id', event_id, 'event_time', event_time, 'first', ":first"
           ) AS VARCHAR) AS record
    FROM settled WHERE ":new" AND event_time != ":first"
"""


def _sources(con: duckdb.DuckDBPyConnection) -> dict[str, SourceFacts]:
    found = con.sql(f"""
        SELECT source, event_type, count(*),
               epoch_us(min(event_time)) // 1000000, epoch_us(max({KNOWN})) // 1000000
        FROM fresh GROUP BY source, event_type ORDER BY source, event_type
    """).fetchall()
    return {source: _together([one for _, *one in of]) for source, of in groupby(found, key=itemgetter(0))}


def _together(by_type: Sequence[Sequence[Any]]) -> SourceFacts:
    types, rows, first, last = zip(*by_type, strict=True)
    return SourceFacts(sum(rows), min(first), max(last), types)


def _new_users(con: duckdb.DuckDBPyConnection, segments: Iterable[Segment]) -> int:
    """How many users of the table `fresh` the log did not know."""
    users = con.sql("SELECT DISTINCT user_id FROM fresh").to_arrow_table()["user_id"].cast(pa.large_string())
    known = pa.chunked_array([one.users for one in segments], pa.large_string()).combine_chunks()
    return len(users) - len(pc.unique(known.filter(pc.is_in(known, value_set=users))))
