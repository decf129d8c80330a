import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from limner.engines.store import Store
from limner.tags import current
from limner.tags.published import read_current
from limner.tags.rows import Kind
from tests.tags.batches import fact_batch, prediction_batch, shown_in

TAGS: dict[str, Kind] = {"size": "fact", "city": "fact", "never": "fact"}
USERS = [f"u{number}" for number in range(60)] + ["", "张三", "ü", "Z", "😀", "zz"]


@pytest.mark.parametrize("at_once", [1, 2, 7, 1000])
@pytest.mark.parametrize("seed", range(3))
def test_rows_of_all_tags_meet_however_few_are_read_at_once(
    tmp_path: Path, at_once: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current, "_ROWS_AT_ONCE", at_once)
    dice, store = random.Random(seed), Store(tmp_path)
    size, city = ({user: str(dice.random()) for user in dice.sample(USERS, n)} for n in (50, 9))

    shown_in(store, [fact_batch("size", 100, size), fact_batch("city", 100, city)], TAGS)

    rows = read_current(store).to_pylist()
    told = [(row["user_id"], row["size"], row["city"], row["never"]) for row in rows]
    assert told == [(user, size.get(user), city.get(user), None) for user in sorted(size.keys() | city.keys())]


def test_a_column_that_an_older_limner_did_not_write_is_empty(tmp_path: Path) -> None:
    rows, file = prediction_batch("churn", 100, ["a"]).rows, tmp_path / "old.parquet"
    pq.write_table(next(iter(rows)).drop_columns(["frozen_tier"]), file)
    store = Store(tmp_path / "store")

    version = current.rebuild_current(store, {"churn": [str(file)]}, {"churn": "predictive"})
    store.publish({"current": version}, {})

    (row,) = read_current(store).to_pylist()
    assert (row["churn_tier"], row["churn_frozen_tier"]) == ("low", None)


def test_tags_without_rows_leave_nobody(tmp_path: Path) -> None:
    store = Store(tmp_path)

    shown_in(store, [fact_batch("size", 100, {})], TAGS)

    assert read_current(store).num_rows == 0
    assert read_current(store).column_names == [
        "user_id",
        *(f"{tag}{end}" for tag in TAGS for end in ("", "_valid_until")),
    ]
