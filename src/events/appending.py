"""New events of a bucket, each once, beside those that the log has: nothing older is read again without need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
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
class Appended:
    """New events of a bucket, in the sealed file at `path` if there are any.

    The file `conflicts`, likewise, tells rows whose id was seen at another time.
    """

    bucket: int
    path: Path | None
    conflicts: Path | None
    sources: Mapping[str, SourceFacts]
    new_users: int

    @property
    def rows(self) -> int:
        """How many events are new."""
        return sum(one.rows for one in self.sources.values())


@dataclass(frozen=True)
class Appending:
    """Staged files on their way into the log; a bucket's part of it can be done anywhere that sees the store."""

    log: EventLog
    staged: tuple[StagedFile, ...]
    place: Workplace
    memory: str

    def bucket(self, bucket: int) -> Appended:
        """The bucket's new events, in one sorted file of the work's folder.

        Of exact twins (source, event_id, event_time, user_id) one is kept, that of the log before all; of one id at
        several times the one already in the log, else the earliest. Which twin is kept depends on its content only.
        """
        return self.place.once(f"append-{bucket}", Appended, lambda: self._appended(bucket))

    def _appended(self, bucket: int) -> Appended:
        folder, files = self.place.folder, [path for one in self.staged for path in one.files(bucket)]
        path, conflicts = folder / f"events-{bucket}.parquet", folder / f"conflicts-{bucket}.parquet"
        with working(self.memory, folder) as con:
            con.execute(f"""
                CREATE TEMP TABLE fresh AS
                SELECT COLUMNS(lambda c: c NOT IN (':kind', ':reason', ':place') AND NOT ends_with(c, ':odd')),
                       {_KEY} AS ":key" FROM ({self.log.files_sql(files)}) WHERE {GOOD}
            """)
            segments = [Segment.of(self.log.store.root, one) for one in self.log.files(bucket)]
            is_settled = self._settle(con, bucket, segments)
            kept = _KEPT if is_settled else "fresh"
            write_events(con, f'SELECT * EXCLUDE (":file", ":row", ":key") FROM {kept}', path)
            told = _conflicts(con, conflicts) if is_settled else None
            written = read_parquet([path]) if is_settled else "fresh"
            sources, new_users = _sources(con, written), _new_users(con, written, segments)
        return Appended(bucket, seal(path) if sources else None, told, sources, new_users)

    def _settle(self, con: duckdb.DuckDBPyConnection, bucket: int, segments: Sequence[Segment]) -> bool:
        """Whether any event was met twice; then the table `doubtful` has their keys, and `settled` what they are."""
        fresh = np.sort(con.sql('SELECT ":key" FROM fresh').to_arrow_table()[":key"].to_numpy())
        seen = _seen(fresh, segments)
        doubtful = np.union1d(seen, fresh[1:][fresh[1:] == fresh[:-1]])
        if not len(doubtful):
            return False
        con.register("doubtful_keys", pa.table({":key": doubtful}))
        con.execute("CREATE TEMP TABLE doubtful AS FROM doubtful_keys")
        con.unregister("doubtful_keys")
        old = self.log.events_sql(bucket) if len(seen) else self.log.files_sql([])
        con.execute(_settled(old, sorted(self.log.properties)))
        return True


def lay_out(root: Path, path: Path) -> None:
    """Make the segment of a file of the log in the store at `root`, and what tells the next delivery its twins."""
    _keys_of(Segment.of(root, path))


def write_events(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write events to a file of the log, in its order."""
    options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880"
    con.execute(f"COPY ({query} ORDER BY {ORDER}) TO {literal(str(path))} ({options})")


_KEPT = """(
    SELECT * FROM fresh WHERE ":key" NOT IN (SELECT ":key" FROM doubtful)
    UNION ALL BY NAME
    SELECT * EXCLUDE (":new", ":first") FROM settled WHERE ":new" AND event_time = ":first"
)"""


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
        keys = con.sql(f"SELECT {_KEY} AS key FROM {read_parquet([path])}").to_arrow_table()["key"].to_numpy()
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


def _sources(con: duckdb.DuckDBPyConnection, events: str) -> dict[str, SourceFacts]:
    found = con.sql(f"""
        SELECT source, event_type, count(*),
               epoch_us(min(event_time)) // 1000000, epoch_us(max({KNOWN})) // 1000000
        FROM {events} GROUP BY source, event_type ORDER BY source, event_type
    """).fetchall()
    return {source: _together([one for _, *one in of]) for source, of in groupby(found, key=itemgetter(0))}


def _together(by_type: Sequence[Sequence[Any]]) -> SourceFacts:
    types, rows, first, last = zip(*by_type, strict=True)
    return SourceFacts(sum(rows), min(first), max(last), types)


def _new_users(con: duckdb.DuckDBPyConnection, events: str, segments: Sequence[Segment]) -> int:
    """How many users of the events the log did not know."""
    users = con.sql(f"SELECT DISTINCT user_id FROM {events}").to_arrow_table()["user_id"]
    known = [pc.is_in(users.cast(pa.large_string()), value_set=segment.users) for segment in segments]
    is_known = np.zeros(len(users), np.bool_)
    for one in known:
        is_known |= one.to_numpy()
    return int(np.count_nonzero(~is_known))
