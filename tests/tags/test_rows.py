import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pytest

from limner.quantities import Share
from limner.tags.holdout import Draw, held_out
from limner.tags.maker import rows_of
from limner.tags.rows import INSIDE, PARTITIONS, SCHEMA, Stamp, partition_of, tag_rows
from tests.tags.batches import LATER, hashed, prediction_columns

STAMP = Stamp("churn", "predictive", 100, 1514779281, "run", "d" * 64, model_version="3", backfilled=True)
USERS = ("c", "a", "b")


@pytest.fixture(params=["Asia/Shanghai", "America/New_York"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def rows(stamp: Stamp = STAMP, users: tuple[str, ...] = USERS) -> pa.Table:
    return tag_rows(stamp, rows_of(prediction_columns(users)))


def test_rows_are_in_the_schema_of_files_and_sorted_by_user() -> None:
    made = rows()

    assert made.schema.equals(INSIDE)
    assert made["user_id"].to_pylist() == ["a", "b", "c"]
    assert made["score"].to_pylist() == [1.0, 2.0, 0.0]
    assert [len(reasons) for reasons in made["reasons"].to_pylist()] == [1, 2, 0]


def test_every_row_carries_what_the_run_knows() -> None:
    (row,) = rows(users=("a",)).to_pylist()

    assert (row["kind"], row["model_version"], row["run_id"], row["backfilled"]) == ("predictive", "3", "run", True)
    assert (row["eligible"], row["why_not"], row["holdout"], row["trend"], row["value"]) == (True, *[None] * 4)
    assert row["computed_at"] == datetime(2018, 1, 1, 4, 1, 21)
    assert row["valid_until"] == datetime(1970, 1, 1, 2, 46, 40)


def test_a_tag_with_a_holdout_tells_of_each_user_whether_they_are_left_alone() -> None:
    drawn = (Draw("tag.churn", Share.parse("40%")),)
    users = tuple(f"u{place:02}" for place in range(50))

    made = rows(replace(STAMP, draws=drawn), users)

    assert made["holdout"].to_pylist() == held_out(pa.array(users), drawn).to_pylist()
    assert set(made["holdout"].to_pylist()) == {True, False}
    assert set(rows()["holdout"].to_pylist()) == {None}


def test_no_rows_are_rows_too() -> None:
    made = rows(users=())

    assert made.schema.equals(INSIDE)
    assert (made.num_rows, hashed(made)) == (0, hashed(rows(replace(STAMP, run_id="other"), ())))


def test_every_column_says_what_it_means() -> None:
    assert set(SCHEMA.names) - set(INSIDE.names) == set(PARTITIONS)
    assert all(field.metadata[b"comment"] for field in SCHEMA)


def test_a_partition_is_named_for_folders_and_for_the_table() -> None:
    folders, values = partition_of("churn", 0)

    assert folders == {"tag": "churn", "as_of": "19700101T000000Z"}
    assert values == {"tag": "churn", "as_of": "1970-01-01 00:00:00"}


@pytest.mark.parametrize(
    "same",
    [
        rows(replace(STAMP, run_id="another")),
        rows(replace(STAMP, computed_at=7)),
        pa.concat_tables([rows().slice(0, 2), rows().slice(2)]),
    ],
    ids=["run", "time", "chunks"],
)
def test_the_hash_leaves_out_which_run_and_when(same: pa.Table) -> None:
    assert hashed(same) == hashed(rows())


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_the_hash_is_that_of_any_pieces(at: int) -> None:
    assert hashed(rows().slice(0, at), rows().slice(at)) == hashed(rows())


def test_the_hash_is_that_of_any_order() -> None:
    columns = prediction_columns(USERS)
    turned = {name: list(reversed(values)) for name, values in columns.items()}

    assert hashed(tag_rows(STAMP, rows_of(turned))) == hashed(rows())


def test_the_hash_is_the_same_in_every_zone(zone: None) -> None:
    assert hashed(rows()) == "6eb97150aa22ccc8511f73b53a7e23e791d87310cb0cfa45b3613ccf559f4e88"


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("score", [0.0, 1.0, 2.0000000000000004]),
        ("valid_until", [LATER, LATER, LATER + 1]),
        ("tier", ["low", "low", None]),
        ("reasons", [[], [], prediction_columns(USERS)["reasons"][2]]),
        ("user_id", ["c", "a", "d"]),
    ],
)
def test_the_hash_tells_any_difference(column: str, values: list[object]) -> None:
    other = tag_rows(STAMP, rows_of({**prediction_columns(USERS), column: values}))

    assert hashed(other) != hashed(rows())


def test_reasons_cannot_move_between_users_unnoticed() -> None:
    columns = prediction_columns(("a", "b"))
    reasons = prediction_columns(USERS)["reasons"][2]
    split = tag_rows(STAMP, rows_of({**columns, "reasons": [reasons[:1], reasons[1:]]}))
    joint = tag_rows(STAMP, rows_of({**columns, "reasons": [reasons, []]}))

    assert hashed(split) != hashed(joint)
