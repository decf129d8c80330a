import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.engines.store import Store
from limner.tags.sinks.postgres import PostgresSink
from tests.tags.sinks.places import Members, PostgresPlace, sent, synced

TABLE = "crm.audience"
LONG = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9_000))
FIRST: Members = {"ann": ("high", 0.5), "bob": ("low", 0.25), "cid": ("low", 1.5)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def place(postgres: str) -> Iterator[PostgresPlace]:
    found = PostgresPlace(postgres, TABLE)
    found.ask("CREATE SCHEMA crm")
    yield found
    found.ask("DROP SCHEMA crm CASCADE")


@pytest.mark.postgres
def test_the_table_is_made_with_types_and_a_key(store: Store, place: PostgresPlace) -> None:
    synced(store, place.sink, FIRST)

    columns = place.ask(
        "SELECT column_name::text, data_type::text FROM information_schema.columns "
        "WHERE table_schema = 'crm' ORDER BY ordinal_position"
    )
    assert columns == [
        ("audience", "text"), ("user_id", "text"), ("churn_tier", "text"), ("churn_score", "double precision"),
    ]  # fmt: skip
    assert place.ask("SELECT indisprimary FROM pg_index WHERE indrelid = 'crm.audience'::regclass") == [(True,)]


@pytest.mark.postgres
def test_what_is_so_already_is_not_written_again(store: Store, place: PostgresPlace) -> None:
    synced(store, place.sink, FIRST)
    before = place.ask(f"SELECT user_id, xmin::text, ctid::text FROM {TABLE} ORDER BY user_id")

    synced(store, place.sink, FIRST, again=True)

    assert place.ask(f"SELECT user_id, xmin::text, ctid::text FROM {TABLE} ORDER BY user_id") == before


@pytest.mark.postgres
def test_a_session_that_is_ended_leaves_nothing_half_written(store: Store, place: PostgresPlace) -> None:
    synced(store, place.sink, FIRST)
    with place.broken():
        told = synced(store, place.sink, {"ann": ("low", 9.0), "dan": ("low", 9.0), "eve": ("low", 9.0)})

        assert place.held() == sent(FIRST)

    assert told.reason == (
        "sinks.crm: PostgreSQL says: terminating connection due to administrator command; "
        "nothing of this was written, the next sync goes on"
    )


@pytest.mark.postgres
def test_other_audiences_of_the_table_stay(store: Store, place: PostgresPlace) -> None:
    synced(store, place.sink, FIRST)
    place.ask(f"INSERT INTO {TABLE} VALUES ('others', 'zoe', NULL, NULL), ('save_now', 'stranger', NULL, NULL)")

    synced(store, place.sink, FIRST, again=True)

    kept = place.ask(f"SELECT audience, user_id FROM {TABLE} ORDER BY 1, 2")
    assert kept == [("others", "zoe"), *(("save_now", user) for user in FIRST)]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("audience text, user_id text, churn_tier text", "lacks the column churn_score; add it as double precision"),
        ("audience text, user_id text, churn_tier int, churn_score float8", "has churn_tier as integer, not text;"),
        ("audience text, user_id text, churn_tier text, churn_score float8", "has no primary key or unique index"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(store: Store, place: PostgresPlace, columns: str, told: str) -> None:
    place.ask(f"CREATE TABLE {TABLE} ({columns})")

    assert told in (synced(store, place.sink, FIRST).reason or "")


@pytest.mark.postgres
def test_a_table_of_their_own_with_more_columns_fits(store: Store, place: PostgresPlace) -> None:
    place.ask(
        f"CREATE TABLE {TABLE} (note text DEFAULT 'x', churn_score float8, churn_tier varchar(20), "
        "user_id varchar(50), audience text, UNIQUE (user_id, audience))"
    )

    synced(store, place.sink, FIRST)

    assert place.held() == sent(FIRST)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("user", "told"),
    [("a\x00b", "a text in user_id holds a NUL character"), (LONG, "a user_id is longer than PostgreSQL can index")],
    ids=["with NUL", "long"],
)
def test_users_that_postgresql_cannot_keep_are_refused(
    store: Store, place: PostgresPlace, user: str, told: str
) -> None:
    refused = synced(store, place.sink, {user: ("low", 1.0)})

    assert told in (refused.reason or "")
    assert user not in (refused.reason or "")


@pytest.mark.postgres
def test_names_may_be_any_text(store: Store, postgres: str) -> None:
    place = PostgresPlace(postgres, '"Odd ""name; DROP"')
    sink = PostgresSink(postgres, 'Odd "name; DROP', "sinks.crm")

    synced(store, sink, FIRST)

    assert place.held() == sent(FIRST)
    place.ask('DROP TABLE "Odd ""name; DROP"')


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("hunter2", "the dsn cannot be read; write such as postgresql://limner@db.example/crm"),
        ("hunter2=x", "the dsn cannot be read; write such as postgresql://limner@db.example/crm"),
        ("postgresql://me:hunter2@127.0.0.1:1/crm", "PostgreSQL refused the connection"),
        ("postgresql://me:hunter2@localhost.invalid/crm", "the host of the dsn is not known"),
        ("postgresql://me:hun@ter2@127.0.0.1:1/crm", ""),
    ],
)
def test_no_error_tells_a_secret(store: Store, dsn: str, told: str) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra `postgres`)")

    refused = synced(store, PostgresSink(dsn, TABLE, "sinks.crm"), FIRST).reason or ""

    assert refused.startswith(f"sinks.crm: {told}")
    assert not any(part in refused for part in ("hunter2", "ter2"))


def test_without_the_extra_there_is_a_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)

    refused = synced(store, PostgresSink("", TABLE, "sinks.crm"), FIRST)

    assert refused.reason == "sinks.crm: PostgreSQL is an extra of Limner; run: pip install limner[postgres]"
