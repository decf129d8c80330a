from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limner.engines.store import Store
from limner.tags.changes import CHANGES, CHANGES_INSIDE
from limner.tags.rows import Kind, partition_of
from limner.tags.writing import Batch
from tests.tags.batches import fact_batch, prediction_batch, shown_in

TAGS: dict[str, Kind] = {"size": "fact", "churn": "predictive"}
Change = tuple[str, str, str | None, str | None]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def table(store: Store, tag: str, as_of: int) -> pa.Table:
    files = store.files("changes", **partition_of(tag, as_of)[1])
    return pa.concat_tables([pq.read_table(file, partitioning=None) for file in files])


def changes(store: Store, tag: str, as_of: int) -> list[Change]:
    rows = table(store, tag, as_of).to_pylist()
    return [(row["user_id"], row["change"], row["before"], row["after"]) for row in rows]


def counts(store: Store, batch: Batch) -> dict[str, Any]:
    (entry,) = shown_in(store, [batch], TAGS)
    return dict(entry.changes or {})


def test_at_first_everybody_is_added(store: Store) -> None:
    told = counts(store, fact_batch("size", 100, {"b": "2", "a": "1"}))

    assert told == {"since": None, "added": 2, "updated": 0, "left": 0}
    assert changes(store, "size", 100) == [("a", "added", None, "1"), ("b", "added", None, "2")]


def test_who_came_moved_and_went_is_told_by_user(store: Store) -> None:
    counts(store, fact_batch("size", 100, {"a": "1", "b": "2", "c": "3", "e": "5"}))

    told = counts(store, fact_batch("size", 200, {"b": "2", "c": "9", "d": "4", "e": "5"}))

    assert told == {"since": "1970-01-01T00:01:40Z", "added": 1, "updated": 1, "left": 1}
    assert changes(store, "size", 200) == [
        ("a", "left", "1", None),
        ("c", "updated", "3", "9"),
        ("d", "added", None, "4"),
    ]


def test_of_predictions_it_is_told_who_entered_and_left_each_tier(store: Store) -> None:
    counts(store, prediction_batch("churn", 100, "abc", tier=["high", "low", "low"]))

    told = counts(store, prediction_batch("churn", 200, "bcd", tier=["high", "low", "low"]))

    assert told == {
        "since": "1970-01-01T00:01:40Z",
        "added": 1,
        "updated": 1,
        "left": 1,
        "entered": {"high": 1, "low": 1},
        "exited": {"high": 1, "low": 1},
    }


def test_a_row_says_what_it_is_compared_with_and_who_wrote_it(store: Store) -> None:
    counts(store, fact_batch("size", 100, {"a": "1"}))
    counts(store, fact_batch("size", 200, {"a": "2"}, run_id="r2"))

    (row,) = table(store, "size", 200).to_pylist()

    assert table(store, "size", 200).schema.equals(CHANGES_INSIDE)
    assert (row["since"], row["run_id"]) == (datetime(1970, 1, 1, 0, 1, 40), "r2")
    assert all(field.metadata[b"comment"] for field in CHANGES)


def test_nothing_changed_is_an_empty_file(store: Store) -> None:
    counts(store, fact_batch("size", 100, {"a": "1"}))

    assert counts(store, fact_batch("size", 200, {"a": "1"})) == {
        "since": "1970-01-01T00:01:40Z",
        "added": 0,
        "updated": 0,
        "left": 0,
    }
    assert changes(store, "size", 200) == []


def test_a_backfill_is_compared_with_what_lies_before_it(store: Store) -> None:
    counts(store, fact_batch("size", 100, {"a": "1"}))
    counts(store, fact_batch("size", 300, {"a": "3"}))

    told = counts(store, fact_batch("size", 200, {"a": "2"}))

    assert told["since"] == "1970-01-01T00:01:40Z"
    assert changes(store, "size", 200) == [("a", "updated", "1", "2")]
    assert changes(store, "size", 300) == [("a", "updated", "1", "3")]


def test_an_instant_that_is_made_anew_replaces_its_changes(store: Store) -> None:
    counts(store, fact_batch("size", 100, {"a": "1"}))
    counts(store, fact_batch("size", 200, {"a": "2"}))

    counts(store, fact_batch("size", 200, {"a": "1", "b": "9"}, key="k2"))

    assert changes(store, "size", 200) == [("b", "added", None, "9")]


def test_all_changes_in_their_order_make_what_stands_now(store: Store) -> None:
    states = [{"a": "1", "b": "2"}, {}, {"b": "3", "c": "1"}, {"c": "2", "a": "1"}]
    for day, state in enumerate(states, 1):
        counts(store, fact_batch("size", day * 100, state))

    standing: dict[str, str | None] = {}
    for day in range(1, len(states) + 1):
        for user, change, before, after in changes(store, "size", day * 100):
            assert standing.get(user) == before
            standing = {key: value for key, value in standing.items() if key != user}
            standing |= {} if change == "left" else {user: after}

    assert standing == states[-1]
