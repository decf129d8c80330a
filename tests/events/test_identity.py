from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from limner.errors import RefusedError, SpecError
from limner.events.result import IngestResult
from tests.events.shop import AMOUNT, Shop, csv_of

NAMED: dict[str, Any] = {"event_id": ["id"]}


def rows(*lines: str) -> str:
    return csv_of(lines, "id,who,at")


def deliver(shop: Shop, name: str, *lines: str, **spec: Any) -> IngestResult:
    shop.write(name, rows(*lines))
    return shop.ingest("*.csv", **{**NAMED, **spec})


def test_exact_twins_count_once_within_a_file(shop: Shop) -> None:
    result = deliver(shop, "a.csv", "1,ann,2019-05-01", "1,ann,2019-05-01", "2,ann,2019-05-01", "1,bob,2019-05-01")

    assert shop.events("event_id", "user_id") == [("1", "ann"), ("2", "ann"), ("1", "bob")]
    assert (result.sources[0].rows_added, result.sources[0].duplicates) == (3, 1)
    assert shop.quarantine("row") == []


def test_exact_twins_count_once_across_deliveries(shop: Shop) -> None:
    deliver(shop, "a.csv", "1,ann,2019-05-01", "2,ann,2019-05-02")

    result = deliver(shop, "b.csv", "2,ann,2019-05-02", "3,ann,2019-05-03")

    assert shop.events("event_id") == ["1", "2", "3"]
    assert (result.sources[0].rows_added, result.sources[0].duplicates, result.rows) == (1, 1, 3)


def test_one_id_at_two_times_keeps_the_earlier_of_a_delivery(shop: Shop) -> None:
    result = deliver(shop, "a.csv", "1,ann,2019-05-02", "1,ann,2019-05-01", "1,ann,2019-05-02")

    assert [f"{one:%m-%d}" for one in shop.events("event_time")] == ["05-01"]
    assert shop.quarantine("source", "file", "row", "reason") == [
        ("shop", "a.csv", 2, "event_id 1 was seen before at another time")
    ]
    found = result.sources[0]
    assert (found.rows_read, found.rows_added, found.duplicates, found.rows_quarantined) == (3, 1, 1, 1)


def test_one_id_at_another_time_is_refused_once_it_is_in_the_log(shop: Shop) -> None:
    deliver(shop, "a.csv", "1,ann,2019-05-02")

    deliver(shop, "b.csv", "1,ann,2019-05-01", "2,ann,2019-05-01")

    assert [(i, f"{t:%m-%d}") for i, t in shop.events("event_id", "event_time")] == [("2", "05-01"), ("1", "05-02")]
    assert shop.quarantine("file", "row") == [("b.csv", 2)]
    assert '"first":"2019-05-02' in shop.quarantine("record")[0]


def test_too_many_contradictions_stop_the_run(shop: Shop) -> None:
    shop.settings["max_quarantined"] = "10%"

    with pytest.raises(RefusedError, match="1 × event_id was seen before at another time"):
        deliver(shop, "a.csv", "1,ann,2019-05-02", "1,ann,2019-05-01")

    assert shop.published == b""


@pytest.mark.parametrize("name", ["a.csv", "b.csv", "deep/er/c.csv"])
def test_the_same_content_again_changes_nothing_whatever_its_name(shop: Shop, name: str) -> None:
    path = shop.write("a.csv", rows("1,ann,2019-05-01"))
    shop.ingest("**/*.csv", **NAMED)
    before, content = shop.published, path.read_text()
    path.unlink()
    shop.write(name, content)

    result = shop.ingest("**/*.csv", **NAMED).sources[0]

    assert shop.published == before
    assert (result.files_read, result.files_skipped, result.rows_added) == (0, 1, 0)


def test_two_files_of_one_content_are_read_once(shop: Shop) -> None:
    shop.write("a.csv", csv_of(["ann,2019-05-01,1"]))
    shop.write("b.csv", csv_of(["ann,2019-05-01,1"]))

    assert shop.ingest("*.csv").sources[0].rows_added == 1


@pytest.mark.parametrize(
    ("pairs", "distinct"),
    [
        ([("a|b", "c"), ("a", "b|c")], 2),
        ([("a\\", "|b"), ("a\\|", "b")], 2),
        ([("a\\|", "b"), ("a", "|b")], 2),
        ([("a", "b"), ("a", "b")], 1),
        ([("1", "01"), ("1", "1")], 2),
    ],
)
def test_the_parts_of_an_id_stay_apart(shop: Shop, pairs: list[tuple[str, str]], distinct: int) -> None:
    left, right = zip(*pairs, strict=True)
    shop.write("a.parquet", {"who": ["u"] * 2, "at": ["2019-05-01"] * 2, "left": left, "right": right})

    assert len({row["event_id"] for row in shop.read("a.parquet", event_id=["left", "right"])}) == distinct


def test_a_missing_part_of_an_id_is_a_bad_row(shop: Shop) -> None:
    shop.write("a.parquet", {"who": ["u"], "at": ["2019-05-01"], "left": ["x"], "right": [None]})

    assert [row[":reason"] for row in shop.read("a.parquet", event_id=["left", "right"])] == ["right is empty"]


def test_equal_rows_without_an_id_are_occurrences_and_a_second_delivery_their_twins(shop: Shop) -> None:
    line = "ann,2019-05-01 10:00:00,1"
    shop.write("a.csv", csv_of([line, line, "bob,2019-05-01,2"]))
    shop.ingest("*.csv", properties=AMOUNT)
    shop.write("b.csv", csv_of(["bob,2019-05-01,2.00", line, line, line]))

    result = shop.ingest("*.csv", properties=AMOUNT).sources[0]

    assert (result.rows_added, result.duplicates) == (1, 3)
    assert shop.events("user_id") == ["ann"] * 3 + ["bob"]


@pytest.mark.parametrize(("one", "other"), [("", "x"), ("NULL", ""), ("a', 'b", "a")])
def test_rows_without_an_id_are_told_apart_by_every_property(shop: Shop, one: str, other: str) -> None:
    columns = {"who": ["u"] * 2, "at": ["2019-05-01"] * 2, "p": [one, other or None], "q": [other, one]}
    shop.write("a.parquet", columns)
    properties = {name: {"column": name, "type": "category"} for name in "pq"}

    ids = {row["event_id"] for row in shop.read("a.parquet", properties=properties)}

    assert {found[-2:] for found in ids} == {"-1"}
    assert len(ids) == 2


def test_a_bad_row_takes_no_occurrence_from_its_mended_twin(shop: Shop) -> None:
    shop.write("a.csv", csv_of(["ann,2019-05-01,much", "ann,2019-05-01,"]))
    shop.ingest("*.csv", properties=AMOUNT)
    shop.write("b.csv", csv_of(["ann,2019-05-01,", "bob,2019-05-01,1"]))

    assert shop.ingest("*.csv", properties=AMOUNT).sources[0].duplicates == 1


def test_the_order_in_which_properties_are_declared_names_no_event_anew(shop: Shop) -> None:
    properties = {**AMOUNT, "day": {"column": "at", "type": "category"}}
    shop.write("a.csv", csv_of(["ann,2019-05-01,1"]))
    shop.ingest("*.csv", properties=properties)
    shop.write("b.csv", csv_of(["ann,2019-05-01,1", "bob,2019-05-01,1"]))

    result = shop.ingest("*.csv", properties=dict(reversed(properties.items())))

    assert result.sources[0].duplicates == 1


@pytest.mark.parametrize("order", list(permutations(["x", "y", "z"]))[1::2])
@pytest.mark.parametrize("buckets", [1, 3])
def test_files_in_any_order_and_buckets_give_the_same_events(tmp_path: Path, order: list[str], buckets: int) -> None:
    contents = {
        "x": rows("1,ann,2019-05-01", "2,bob,2019-05-02", "3,ann,2019-05-03"),
        "y": rows("1,ann,2019-05-01", "2,bob,2019-05-01", "4,čiro,2019-05-03"),
        "z": rows("3,ann,2019-05-03", "3,ann,2019-05-04", "5,dan,2019-05-03"),
    }
    shop = Shop(tmp_path / "shop", buckets=buckets)
    for place, name in enumerate(order):
        shop.write(f"{place}.csv", contents[name])

    shop.ingest("*.csv", **NAMED)

    assert sorted((i, u, f"{t:%d}") for i, u, t in shop.events("event_id", "user_id", "event_time")) == [
        ("1", "ann", "01"), ("2", "bob", "01"), ("3", "ann", "03"), ("4", "čiro", "03"), ("5", "dan", "03"),
    ]  # fmt: skip


def test_a_property_that_changed_its_type_is_refused(shop: Shop) -> None:
    shop.write("a.csv", csv_of(["ann,2019-05-01,1"]))
    shop.ingest("a.csv", properties=AMOUNT)

    with pytest.raises(RefusedError, match=r"sources.shop.properties.amount: is declared as category, but .* number"):
        shop.ingest("a.csv", properties={"amount": {"column": "amount", "type": "category"}})


@pytest.mark.parametrize("names", [("Amount", "amount"), ("User_ID",), ("bucket",), (":row",)])
def test_properties_that_would_be_one_column_are_refused(shop: Shop, names: tuple[str, ...]) -> None:
    shop.write("a.csv", csv_of(["ann,2019-05-01,1"]))

    with pytest.raises(SpecError, match=f"properties: {names[-1]} "):
        shop.ingest("a.csv", properties={name: {"column": "amount", "type": "category"} for name in names})


def test_a_mapping_that_changed_after_the_fact_is_told(shop: Shop) -> None:
    shop.write("a.csv", csv_of(["ann,2019-05-01,1"]))
    shop.ingest("a.csv")

    assert "shop: its mapping changed after files were ingested" in shop.ingest("a.csv", properties=AMOUNT).notes[0]
