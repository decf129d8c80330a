"""New events of a bucket, each once, beside those that the log has: nothing older is read again without need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

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
class AppendedFile:
    """The new events of a bucket, in a sealed file, and their sorted `keys` in another."""

    bucket: int
    path: Path
    rows: int
    keys: Path


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


class _Known(NamedTuple):
    """What is known of a bucket's new events: keys that the log has, keys that came twice, and whom the log knows."""

    bucket: int
    seen: Keys
    twice: Keys
    users: Sequence[pa.LargeStringArray]


@dataclass(frozen=True)
class Appending:
    """Staged files on their way into the log; a part of it can be done anywhere that sees the store."""

    log: EventLog
    staged: tuple[StagedFile, ...]
    place: Workplace
    memory: str

    @cached_property
    def parts(self) -> list[int]:
        """The parts for which anything was staged."""
        return sorted({part for one in self.staged for part in one.files.values()})

    def part(self, number: int) -> Appended:
        """The new events of one of the parts, sorted, a file in the work's folder for each bucket that got any.

        Of exact twins (source, event_id, event_time, user_id) one is kept, that of the log before all; of one id at
        several times the one already in the log, else the earliest. Which twin is kept depends on its content only.
        """
        part = self.parts[number]
        return self.place.once(f"append-{part}", Appended, lambda: self._appended(part))

    def _appended(self, part: int) -> Appended:
        staged = [path for one in self.staged for path, of in one.files.items() if of == part]
        with working(self.memory, self.place.folder) as con:
            con.execute(f"""
                CREATE TEMP TABLE fresh AS
                SELECT COLUMNS(lambda c: c NOT IN (':kind', ':reason', ':place') AND NOT ends_with(c, ':odd')),
                       {_KEY} AS ":key" FROM ({self.log.files_sql(staged)}) WHERE {GOOD}
            """)
            known = [self._known(bucket, keys) for bucket, keys in _keys_by_bucket(con).items()]
            conflicts = self._settle(con, known, self.place.folder / f"conflicts-{part}.parquet")
            return Appended(self._written(con), conflicts, _sources(con), _new_users(con, known))

    def _known(self, bucket: int, keys: Keys) -> _Known:
        """What the log knows of new events; its segments are let go one by one, so that few are mapped at a time."""
        seen, users = np.zeros(len(keys), np.bool_), []
        for path in self.log.files(bucket):
            segment = Segment.of(self.log.store.root, path)
            users.append(segment.users)
            seen |= _are_in(_keys_of(segment), keys)
        twice = keys[1:][keys[1:] == keys[:-1]]
        return _Known(bucket, keys[seen], twice, users)

    def _settle(self, con: duckdb.DuckDBPyConnection, known: Sequence[_Known], refused: Path) -> Path | None:
        """Leave in the table `fresh` what is new, each event once; the file of what was refused, if any came again."""
        met = [keys for one in known for keys in (one.seen, one.twice)]
        doubtful = np.concatenate([np.empty(0, np.uint64), *met])
        if not len(doubtful):
            return None
        con.register("doubtful_keys", {":key": doubtful})
        con.execute("CREATE TEMP TABLE doubtful AS FROM doubtful_keys")
        con.unregister("doubtful_keys")
        older = [path for one in known if len(one.seen) for path in self.log.files(one.bucket)]
        con.execute(_settled(self.log.files_sql(older), sorted(self.log.properties)))
        con.execute(_LEFT)
        return _conflicts(con, refused)

    def _written(self, con: duckdb.DuckDBPyConnection) -> list[AppendedFile]:
        """The files of the table `fresh`, by bucket."""
        files = []
        for bucket, keys in _keys_by_bucket(con).items():
            path, kept = self.place.folder / f"events-{bucket}.parquet", self.place.folder / f"keys-{bucket}.npy"
            rows = f'SELECT * EXCLUDE (":file", ":row", ":key", bucket) FROM fresh WHERE bucket = {bucket}'
            write_events(con, rows, path)
            np.save(kept, keys)
            files.append(AppendedFile(bucket, seal(path), len(keys), kept))
        return files


def lay_out(root: Path, path: Path, keys: Path | None = None) -> None:
    """Make the segment of a file of the log in the store at `root`, and what tells the next delivery its twins.

    Args:
        keys: the file with the latter, where appending made it; else the log's own file is read once more.
    """
    _keys_of(Segment.of(root, path), keys)


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


def _are_in(known: Keys, keys: Keys) -> npt.NDArray[np.bool_]:
    """Whether each of the keys is among the known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(keys), np.bool_)
    return np.asarray(known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys)


def _keys_by_bucket(con: duckdb.DuckDBPyConnection) -> dict[int, Keys]:
    """The keys of the table `fresh`, sorted, by bucket."""
    found = con.sql('SELECT ":key" AS key, bucket FROM fresh').fetchnumpy()
    buckets = np.flatnonzero(np.bincount(found["bucket"])).tolist()
    return {bucket: np.sort(found["key"][found["bucket"] == bucket]) for bucket in buckets}


def _keys_of(segment: Segment, made: Path | None = None) -> Keys:
    """The keys of a segment's events, sorted; they hold for one version of DuckDB."""
    make = partial(_keys, segment.path) if made is None else partial(np.load, made)
    return segment.kept(f"sorted keys of duckdb {duckdb.__version__}", make)


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


def _new_users(con: duckdb.DuckDBPyConnection, known: Sequence[_Known]) -> int:
    """How many users of the table `fresh` the log did not know."""
    users = con.sql("SELECT DISTINCT user_id FROM fresh").to_arrow_table()["user_id"].cast(pa.large_string())
    older = [texts for one in known for texts in one.users]
    if not older:
        return len(users)
    met = pa.concat_arrays(older)
    return len(users) - len(pc.unique(met.filter(pc.is_in(met, value_set=users))))
