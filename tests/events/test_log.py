from typing import Any

import pytest

from limner.engines.duck import connect, reading
from limner.engines.store import Store
from limner.errors import RefusedError, SpecError
from limner.events.columns import Columns
from limner.events.log import EventLog
from limner.events.spec import SourceSpec
from limner.timeline import instant
from tests.events.shop import AMOUNT, PLAIN, Shop, bucket_of, csv_of

USERS = ["ann", "007", "7", "7.0", " 7", "O'Hara", 'say "no"', "统计", "🦊", "a|b", "x\ny", "null", "\u00e9", "e\u0301"]


def dies(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("buckets", [1, 3, 16])
def test_users_are_kept_as_written_each_in_the_bucket_of_its_md5(shop: Shop, buckets: int) -> None:
    shop.settings["buckets"] = buckets
    shop.write("events.parquet", {"who": USERS, "at": ["2019-05-01"] * len(USERS)})

    shop.ingest()

    found = {user: bucket for bucket in range(buckets) for user in Columns.of(shop.log, bucket).users()}
    assert found == {user: bucket_of(user, buckets) for user in USERS}
    assert (shop.log.rows, shop.log.users) == (len(USERS), len(USERS))


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([7, 12], ["12", "7"]),
        ([7.0, -0.0], ["0", "7"]),
        ([7.5, 1e16], ["10000000000000000", "7.5"]),
        ([2**63 - 1, -3], ["-3", "9223372036854775807"]),
        ([True, False], ["false", "true"]),
        (["07", "7"], ["07", "7"]),
    ],
)
def test_numbers_name_users_as_people_write_them(shop: Shop, values: list[Any], kept: list[str]) -> None:
    shop.write("events.parquet", {"who": values, "at": ["2019-05-01"] * 2})

    assert sorted(row["user_id"] for row in shop.read()) == kept


def test_events_are_sorted_in_every_file(shop: Shop) -> None:
    shop.settings["buckets"] = 2
    rows = [f"{n * 7919 % 101:03},u{n % 5},2019-05-0{1 + n % 3}" for n in range(60)]
    spec = {**PLAIN, "event_id": ["id"]}
    late = SourceSpec.model_validate({**spec, "read": "late.csv"})
    early = SourceSpec.model_validate({**spec, "read": "early.csv"})
    shop.write("late.csv", csv_of(rows, "id,who,at"))
    shop.write("early.csv", csv_of(rows[10:], "id,who,at"))

    shop.ingest_all({"late": late, "early": early}, {})

    for bucket in ("0", "1"):
        (path,) = shop.store.files("events", bucket=bucket)
        found = (
            reading().sql(f"SELECT event_time, source_rank, event_id, user_id FROM read_parquet('{path}')").fetchall()
        )
        assert found == sorted(found)
        assert found
    assert shop.log.facts.ranks == {"late": 0, "early": 1}


def test_each_source_has_its_watermark_and_types(shop: Shop) -> None:
    shop.write("a.csv", csv_of(["ann,2019-05-01 10:00:00.9,buy", "bob,2019-06-01 10:00:00,look"], "who,at,what"))
    shop.write("b.csv", csv_of(["ann,2019-04-01 00:00:00,", "zoe,never,"], "who,at,what"))
    typed = SourceSpec.model_validate({**PLAIN, "read": "a.csv", "event_type": {"column": "what"}})
    plain = SourceSpec.model_validate({**PLAIN, "read": "b.csv", "event_type": "mail"})

    result = shop.ingest_all({"acts": typed, "mails": plain}, {})

    log = shop.log
    assert log.watermarks == {"acts": instant("2019-06-01T10:00:00"), "mails": instant("2019-04-01")}
    assert [one.watermark for one in result.sources] == list(log.watermarks.values())
    assert log.event_types == {"acts": ("buy", "look"), "mails": ("mail",)}
    assert log.starts_at == instant("2019-04-01")
    assert log.now() == instant("2019-06-01T10:00:01")


def test_an_empty_event_type_is_a_bad_row(shop: Shop) -> None:
    shop.write("events.csv", csv_of(["ann,2019-05-01,", "bob,2019-05-01,buy"], "who,at,what"))

    shop.ingest(event_type={"column": "what"})

    assert shop.quarantine("row", "reason") == [(2, "what is empty")]
    assert shop.events("event_type") == ["buy"]


def test_the_number_of_buckets_stays_what_it_was(shop: Shop) -> None:
    shop.settings["buckets"] = 3
    shop.write("a.csv", csv_of(["ann,2019-05-01,1"]))
    shop.ingest("a.csv")
    shop.settings["buckets"] = 5
    shop.write("b.csv", csv_of([f"u{n},2019-05-01,1" for n in range(9)]))

    shop.ingest("b.csv")

    assert shop.log.buckets == 3
    assert len(shop.events("user_id")) == 10


def test_a_new_property_is_null_in_older_events(shop: Shop) -> None:
    shop.settings["buckets"] = 4
    shop.write("a.csv", csv_of([f"u{n},2019-05-01,1" for n in range(9)]))
    shop.ingest("a.csv")
    shop.write("b.csv", csv_of(["zoe,2019-05-01,2"]))

    shop.ingest("b.csv", properties=AMOUNT)

    read = [reading().sql(shop.log.events_sql(bucket)).fetchall() for bucket in range(4)]
    assert sum(len(rows) for rows in read) == 10
    amounts = reading().sql(f"SELECT amount FROM ({shop.log.events_sql()}) ORDER BY user_id").fetchall()
    assert amounts == [(None,)] * 9 + [(200,)]


def test_what_was_committed_but_not_published_is_rolled_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write("a.csv", csv_of(["ann,2019-05-01,1"]))
    shop.ingest("*.csv")
    before = shop.published
    shop.write("b.csv", csv_of(["bob,2019-05-01,1"]))

    monkeypatch.setattr(shop.store, "publish", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.ingest("*.csv")
    shop.store = Store(shop.store.root)
    unseen = (shop.published, shop.events("user_id"))
    result = shop.ingest("*.csv")

    assert unseen == (before, ["ann"])
    assert (result.sources[0].rows_added, shop.events("user_id")) == (1, ["ann", "bob"])


def test_a_first_run_that_died_leaves_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write("a.csv", csv_of(["ann,2019-05-01,1", ",,"]))

    monkeypatch.setattr(shop.store, "publish", dies)
    with pytest.raises(KeyboardInterrupt):
        shop.ingest("*.csv")
    shop.store = Store(shop.store.root)
    shop.store.recover()

    assert not list(shop.store.root.glob("*/_delta_log"))
    with pytest.raises(RefusedError, match="run `limner ingest` first"):
        EventLog.open(shop.store)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_number_of_threads_changes_nothing(shop: Shop, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    users = [(f"u{n * 31 % 400:03}", n % 28 + 1, f"{n:04}") for n in range(5000)]
    rows = [f"{user},2019-05-{day:02} 00:00:00,{number}" for user, day, number in users]
    shop.write("a.csv", csv_of([*rows, *rows[::-3]], "who,at,id"))
    monkeypatch.setattr("limner.engines.duck.connect", lambda **limits: connect(**{"threads": threads, **limits}))

    shop.ingest("a.csv", event_id=["id"])

    found = [(user, at.day, number) for user, at, number in shop.events("user_id", "event_time", "event_id")]
    assert found == sorted(users)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_refused(shop: Shop, zone: str) -> None:
    shop.write("a.csv", csv_of(["ann,2019-05-01,1"]))

    with pytest.raises(SpecError, match="is not a time zone; write an IANA name such as"):
        shop.ingest("a.csv", timezone=zone)
