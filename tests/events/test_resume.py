from collections import Counter
from typing import Any

import pytest

from limner.engines.store import Store
from limner.events import staging
from limner.events.appending import Appending
from limner.events.reading import Reading
from tests.events.shop import Shop, csv_of

ROWS = [f"u{number},2019-05-01 00:00:{number:02},1" for number in range(20)]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each step was taken, buckets one by one; the bucket 1 is never finished until told so by `alive`."""
    counts: Counter[str] = Counter()
    read, append = Reading._read, Appending._appended

    def counted_read(self: Reading, unread: Any) -> Any:
        counts["read"] += 1
        return read(self, unread)

    def counted_append(self: Appending, bucket: int) -> Any:
        if bucket == 1 and not counts["alive"]:
            raise KeyboardInterrupt
        counts[f"bucket {bucket}"] += 1
        return append(self, bucket)

    monkeypatch.setattr(staging, "PART", 1)
    monkeypatch.setattr(Reading, "_read", counted_read)
    monkeypatch.setattr(Appending, "_appended", counted_append)
    return counts


@pytest.fixture
def cut_short(shop: Shop, done: Counter[str]) -> Shop:
    shop.settings["buckets"] = 3
    shop.write("a.csv", csv_of(ROWS[:10]))
    shop.write("b.csv", csv_of(ROWS[10:]))
    with pytest.raises(KeyboardInterrupt):
        shop.ingest("*.csv")
    shop.store = Store(shop.store.root)
    done["alive"] = 1
    return shop


def test_what_a_killed_ingestion_had_done_is_not_done_again(cut_short: Shop, done: Counter[str]) -> None:
    result = cut_short.ingest("*.csv")

    assert done == {"read": 2, "bucket 0": 1, "bucket 1": 1, "bucket 2": 1, "alive": 1}
    assert (result.sources[0].rows_added, cut_short.log.rows) == (20, 20)
    assert sorted(cut_short.events("user_id")) == sorted(f"u{number}" for number in range(20))


def test_other_files_are_other_work(cut_short: Shop, done: Counter[str]) -> None:
    cut_short.write("b.csv", csv_of(ROWS[10:15]))

    cut_short.ingest("*.csv")

    assert (done["read"], done["bucket 0"]) == (4, 2)
    assert cut_short.log.rows == 15


def test_nothing_is_left_when_it_is_done(cut_short: Shop) -> None:
    before = list((cut_short.store.root / ".staging").glob("*"))

    cut_short.ingest("*.csv")

    assert len(before) == 1
    assert not (cut_short.store.root / ".staging").exists()
