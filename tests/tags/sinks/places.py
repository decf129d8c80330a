import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from limner.engines.store import Store
from limner.tags.sinks.delivery import Consignment, Delivered, deliver
from limner.tags.sinks.files import CsvSink, ParquetSink
from limner.tags.sinks.pending import Stamp
from limner.tags.sinks.postgres import PostgresSink
from limner.tags.sinks.posting import Pace, Poster
from limner.tags.sinks.protocol import Sink
from limner.tags.sinks.standing import Route
from limner.tags.sinks.table import DeltaSink
from limner.tags.sinks.webhook import WebhookSink
from tests.tags.sinks.receiver import SECRET, Receiver

ROUTE = Route("save_now", "crm")
STAMP = Stamp("r1", as_of=100, at=200, who="ann")
TYPES = {"user_id": pa.string(), "held_out": pa.bool_(), "churn_tier": pa.string(), "churn_score": pa.float64()}

Members = Mapping[str, tuple[str | None, float | None] | None]
"""Users with their tier and score; None for those who are held out."""
Held = dict[str, tuple[str | None, float | None]]


class Place(Protocol):
    """A destination with its sink, as a test sees it."""

    sink: Sink

    def held(self) -> Held: ...

    @contextmanager
    def broken(self) -> Iterator[None]: ...


def wanted(members: Members) -> pa.Table:
    users = sorted(members)
    found = [members[user] or (None, None) for user in users]
    columns = [users, [members[user] is None for user in users], [one[0] for one in found], [one[1] for one in found]]
    return pa.table([pa.array(one, type_) for one, type_ in zip(columns, TYPES.values(), strict=True)], list(TYPES))


def synced(store: Store, sink: Sink, members: Members, *, again: bool = False, stamp: Stamp = STAMP) -> Delivered:
    return deliver(Consignment(store, ROUTE, stamp, "somewhere", wanted(members)), sink, again=again)


def sent(members: Members) -> Held:
    return {user: one for user, one in members.items() if one is not None}


class CsvPlace:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "out" / "save_now.csv"
        self.sink: Sink = CsvSink(folder / "out" / "{audience}.csv")

    def held(self) -> Held:
        with self.path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        plain = {row["user_id"].removeprefix("'"): row for row in rows}
        return {user: (row["churn_tier"] or None, float(row["churn_score"] or "nan")) for user, row in plain.items()}

    @contextmanager
    def broken(self) -> Iterator[None]:
        with in_the_way(self.path):
            yield


class ParquetPlace:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "out" / "save_now.parquet"
        self.sink: Sink = ParquetSink(folder / "out" / "{audience}.parquet")

    def held(self) -> Held:
        return of_rows(pq.read_table(self.path).to_pylist())

    @contextmanager
    def broken(self) -> Iterator[None]:
        with in_the_way(self.path):
            yield


class DeltaPlace:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "out" / "audiences"
        self.sink: Sink = DeltaSink(self.path, "sinks.crm")

    def held(self) -> Held:
        delta = DeltaTable(self.path)
        tables = [pq.read_table(uri.removeprefix("file://"), partitioning=None) for uri in delta.file_uris()]
        return of_rows([row for table in tables for row in table.to_pylist()])

    @contextmanager
    def broken(self) -> Iterator[None]:
        with in_the_way(self.path, Path.touch, Path.unlink):
            yield


class WebhookPlace:
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.waits: list[float] = []
        self.sink: Sink = webhook(receiver, batch=2, waits=self.waits)

    def held(self) -> Held:
        return of_rows([{"user_id": user, **one} for user, one in self.receiver.held.get("save_now", {}).items()])

    @contextmanager
    def broken(self) -> Iterator[None]:
        """After the first batch; what fails may have been taken all the same."""
        self.receiver.answers = [(200, {}), *[(500, {})] * 5]
        self.receiver.takes_before_it_fails = True
        yield
        self.receiver.answers, self.receiver.takes_before_it_fails = [], False


class PostgresPlace:
    def __init__(self, dsn: str, table: str) -> None:
        self.dsn = dsn
        self.table = table
        self.sink: Sink = PostgresSink(dsn, table, "sinks.crm")

    def ask(self, sql: str) -> list[Any]:
        import psycopg

        with psycopg.connect(self.dsn) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def held(self) -> Held:
        rows = self.ask(f"SELECT user_id, churn_tier, churn_score FROM {self.table}")
        return {user: (tier, score) for user, tier, score in rows}

    @contextmanager
    def broken(self) -> Iterator[None]:
        """The server ends the session at the second row that is written."""
        columns = "audience text, user_id text, churn_tier text, churn_score float8, PRIMARY KEY (audience, user_id)"
        self.ask(f"CREATE TABLE IF NOT EXISTS {self.table} ({columns})")
        self.ask(
            "CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF (SELECT count(*) FROM {self.table}) <> TG_ARGV[0]::int THEN "
            "PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN new; END $$"
        )
        (there,) = self.ask(f"SELECT count(*) FROM {self.table}")[0]
        for event in ("INSERT OR UPDATE", "DELETE"):
            name = event[:6].lower()
            self.ask(
                f"CREATE TRIGGER die_{name} AFTER {event} ON {self.table} "
                f"FOR EACH ROW EXECUTE FUNCTION die('{-1 if name == 'delete' else there}')"
            )
        yield
        self.ask(f"DROP TRIGGER die_insert ON {self.table}; DROP TRIGGER die_delete ON {self.table}")


def webhook(receiver: Receiver, batch: int = 2, attempts: int = 3, waits: list[float] | None = None) -> WebhookSink:
    return WebhookSink(poster(receiver, attempts, waits), batch)


def poster(receiver: Receiver, attempts: int = 3, waits: list[float] | None = None) -> Poster:
    pace = Pace(now=lambda: 1_000.0, sleep=(waits if waits is not None else []).append, timeout=5.0)
    return Poster(receiver.url, SECRET, "sinks.crm", attempts, pace)


def of_rows(rows: list[dict[str, Any]]) -> Held:
    return {row["user_id"]: (row["churn_tier"], row["churn_score"]) for row in rows}


@contextmanager
def in_the_way(
    path: Path, put: Callable[[Path], None] = Path.mkdir, take: Callable[[Path], None] = Path.rmdir
) -> Iterator[None]:
    """Something else lies where the destination is, which comes back afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name("aside")
    was_there = path.exists()
    if was_there:
        path.rename(aside)
    put(path)
    yield
    take(path)
    if was_there:
        aside.rename(path)


def exposures(store: Store) -> list[tuple[str, bool]]:
    """All exposure events: who, and whether held out."""
    tables = [pq.read_table(file, partitioning=None) for file in store.files("exposures")]
    return sorted((row["user_id"], row["held_out"]) for table in tables for row in table.to_pylist())
