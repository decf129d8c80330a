from datetime import datetime
from typing import Any

import pytest

from limner.errors import QuarantineError, SourceError, SpecError
from limner.events.attributes import read_attributes
from limner.events.result import IngestResult
from tests.events.shop import Shop, bucket_of, csv_of

UNDATED = {"read": "people*.csv", "user_id": "who", "columns": {"age": "number", "town": "category", "member": "flag"}}
DATED = {"read": "people*.csv", "user_id": "who", "valid_from": "since", "columns": {"town": "category"}}
HEADER = "who,age,town,member"


def ingest(shop: Shop, table: dict[str, Any], read: str = "events.csv") -> IngestResult:
    if not (shop.root / "events.csv").exists():
        shop.write("events.csv", csv_of(["ann,2019-05-01,1"]))
    return shop.ingest(read, {"people": table})


def people(shop: Shop, *columns: str) -> list[tuple[Any, ...]]:
    rows = [
        row for bucket in range(shop.log.buckets) for row in read_attributes(shop.store, "people", bucket).to_pylist()
    ]
    return sorted((tuple(row[column] for column in ("user_id", *columns)) for row in rows), key=str)


def test_undated_facts_have_their_types_and_no_date(shop: Shop) -> None:
    shop.write("people.csv", csv_of(["ann,33.5,Bern,true", "bob,,,"], HEADER))

    result = ingest(shop, UNDATED).sources[-1]

    assert people(shop, "valid_from", "age", "town", "member") == [
        ("ann", None, 3350, "Bern", True),
        ("bob", None, None, None, None),
    ]
    assert (result.name, result.rows_added) == ("attributes.people", 2)


def test_dated_facts_hold_since_their_date_in_order(shop: Shop) -> None:
    shop.write(
        "people.csv", csv_of(["ann,2019-05-01,Rom", "ann,2018-05-01,Bern", "bob,2019-01-01,Ulm"], "who,since,town")
    )

    ingest(shop, {**DATED, "known": "start_of_day", "timezone": "Europe/Berlin"})

    assert people(shop, "valid_from", "town") == [
        ("ann", datetime(2018, 4, 30, 22), "Bern"),
        ("ann", datetime(2019, 4, 30, 22), "Rom"),
        ("bob", datetime(2018, 12, 31, 23), "Ulm"),
    ]


def test_bad_facts_go_to_quarantine(shop: Shop) -> None:
    shop.write("people.csv", csv_of(["ann,old,Bern,1", ",3,Bern,1", "cid,3,Bern,maybe", "dan,3,Bern,0"], HEADER))

    ingest(shop, UNDATED)

    assert people(shop, "town") == [("dan", "Bern")]
    assert shop.quarantine("source", "file", "row", "reason") == [
        ("attributes.people", "people.csv", 2, "age is not a number: old"),
        ("attributes.people", "people.csv", 3, "who is empty"),
        ("attributes.people", "people.csv", 4, "member is not true or false: maybe"),
    ]


def test_a_fact_without_its_date_is_a_bad_row(shop: Shop) -> None:
    shop.write("people.csv", csv_of(["ann,,Rom", "bob,2019-01-01,Ulm"], "who,since,town"))

    ingest(shop, DATED)

    assert shop.quarantine("row", "reason") == [(2, "since is empty")]
    assert people(shop, "town") == [("bob", "Ulm")]


def test_of_many_files_the_last_line_of_the_last_one_counts(shop: Shop) -> None:
    for number in range(12):
        shop.write(f"people{number:02}.csv", csv_of([f"ann,,T{number},", f"ann,,U{number},"], HEADER))

    ingest(shop, UNDATED)

    assert people(shop, "town") == [("ann", "U11")]


def test_a_changed_file_replaces_all_there_was_and_an_equal_one_nothing(shop: Shop) -> None:
    shop.write("people.csv", csv_of(["ann,1,Bern,", "bob,2,Ulm,"], HEADER))
    ingest(shop, UNDATED)
    first = shop.published
    again = ingest(shop, UNDATED).sources[-1]
    unchanged = shop.published
    shop.write("people.csv", csv_of(["bob,3,Rom,"], HEADER))
    ingest(shop, UNDATED)

    assert unchanged == first
    assert (again.files_skipped, again.rows_added) == (1, 0)
    assert people(shop, "age", "town") == [("bob", 300, "Rom")]


def test_a_column_that_changes_its_type_is_replaced_too(shop: Shop) -> None:
    shop.write("people.csv", csv_of(["ann,1,Bern,"], HEADER))
    ingest(shop, {**UNDATED, "columns": {"age": "number", "town": "category"}})

    ingest(shop, {**UNDATED, "columns": {"age": "category"}})

    assert people(shop, "age") == [("ann", "1")]
    types = {field.name: str(field.type) for field in shop.store.table("attributes_people").schema().fields}
    assert "string" in types["age"]
    assert "town" not in types


def test_facts_lie_in_the_buckets_of_the_log(shop: Shop) -> None:
    shop.settings["buckets"] = 3
    shop.write("people.csv", csv_of([f"u{n},,," for n in range(20)], HEADER))

    ingest(shop, UNDATED)

    for bucket in range(3):
        users = read_attributes(shop.store, "people", bucket).column("user_id").to_pylist()
        assert {bucket_of(user, 3) for user in users} == {bucket}
        assert users == sorted(users)


def test_facts_may_have_any_name(shop: Shop) -> None:
    names = ["filename", "reason", "kind", "source", "Größe", "file_row_number", "event_time"]
    shop.write("people.csv", csv_of([",".join(["ann", *(f"its {name}" for name in names)])], ",".join(["who", *names])))

    ingest(shop, {"read": "people.csv", "user_id": "who", "columns": dict.fromkeys(names, "category")})

    assert people(shop, *names) == [("ann", *(f"its {name}" for name in names))]


@pytest.mark.parametrize("name", ["bucket", ":row", "User_Id", "valid_from"])
def test_a_fact_that_would_be_another_column_is_refused(shop: Shop, name: str) -> None:
    shop.write("people.csv", csv_of(["ann,x"], f"who,{name}"))

    with pytest.raises(SpecError, match=f"attributes.people.columns: {name} "):
        ingest(shop, {"read": "people.csv", "user_id": "who", "columns": {name: "category"}})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (csv_of(["ann,1"], "who,agee"), r"attributes.people: people.csv has no column age; .* did you mean agee\?"),
        ("", r"attributes.people: people.csv is empty"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(shop: Shop, content: str, told: str) -> None:
    shop.write("people.csv", content)

    with pytest.raises(SourceError, match=told):
        ingest(shop, UNDATED)

    assert shop.published == b""


def test_too_many_bad_facts_stop_the_events_as_well(shop: Shop) -> None:
    shop.settings["max_quarantined"] = "50%"
    shop.write("people.csv", csv_of([",,,", ",,,", "ann,,,"], HEADER))

    with pytest.raises(QuarantineError, match=r"attributes\.people: 2 of 3 rows are bad"):
        ingest(shop, UNDATED)

    assert shop.published == b""
