from typing import Any

import pytest

from limner.errors import QuarantineError
from tests.events.shop import AMOUNT, Shop, csv_of

GOOD = "ann,2019-05-01 10:00:00,1.50"
TYPED: dict[str, Any] = {
    "properties": {
        **AMOUNT,
        "kind": {"column": "kind", "type": "category"},
        "paid": {"column": "paid", "type": "flag"},
    }
}

BAD = {
    "null key": (",2019-05-01,1", "who is empty"),
    "blank key": ("   ,2019-05-01,1", "who is empty"),
    "key of odd blanks": ("\u00a0\t,2019-05-01,1", "who is empty"),
    "NUL byte": ("a\0b,2019-05-01,1", "who holds a NUL byte"),
    "no time": ("bob,,1", "at is empty"),
    "no time at all": ("bob,soon,1", "at is not a time: soon"),
    "31 February": ("bob,2019-02-31,1", "at is not a time: 2019-02-31"),
    "unpadded": ("bob,2019-2-3,1", "at is not a time: 2019-2-3"),
    "a zone's name": (
        "bob,2019-05-01 10:00:00 Europe/Berlin,1",
        "at is not a time: 2019-05-01 10:00:00 Europe/Berlin",
    ),
    "epoch": ("bob,1556704800,1", "at is not a time: 1556704800"),
    "long ago": ("bob,1979-12-30,1", "at lies before 1980: 1979-12-30"),
    "year one": ("bob,0001-01-01 00:00:00,1", "at lies before 1980: 0001-01-01 00:00:00"),
    "the future": ("bob,2020-01-03 00:00:00,1", "at lies in the future: 2020-01-03 00:00:00"),
    "the far future": ("bob,9999-12-31,1", "at lies in the future: 9999-12-31"),
    "a word": ("bob,2019-05-01,much", "amount is not a number: much"),
    "decimal comma": ('bob,2019-05-01,"1,5"', "amount is not a number: 1,5"),
    "hexadecimal": ("bob,2019-05-01,0x1f", "amount is not a number: 0x1f"),
    "underscore": ("bob,2019-05-01,1_000", "amount is not a number: 1_000"),
    "Arabic digits": ("bob,2019-05-01,١٢", "amount is not a number: ١٢"),
    "NaN": ("bob,2019-05-01,NaN", "amount is not a number: NaN"),
    "Inf": ("bob,2019-05-01,-inf", "amount is not a number: -inf"),
    "a flag": ("bob,2019-05-01,true", "amount is not a number: true"),
    "decimals": ("bob,2019-05-01,1.005", "amount has more than 2 decimals: 1.005"),
    "tiny": ("bob,2019-05-01,1e-400", "amount has more than 2 decimals: 1e-400"),
    "hidden decimals": ("bob,2019-05-01,1.000000000000000001", "amount has more than 2 decimals: 1.000000000000000001"),
    "one too large": ("bob,2019-05-01,90071992547409.93", "amount is too large: 90071992547409.93"),
    "huge": ("bob,2019-05-01,1e300", "amount is too large: 1e300"),
    "several": (",never,x", "who is empty; amount is not a number: x; at is not a time: never"),
}  # fmt: skip


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """All bad lines were brought to it in one file, between two good ones."""
    shop = Shop(tmp_path_factory.mktemp("refused") / "shop")
    shop.write("events.csv", csv_of([GOOD, *(line for line, _ in BAD.values()), GOOD.replace("ann", "zoe")]))
    result = shop.ingest(properties=AMOUNT).sources[0]
    assert (result.rows_read, result.rows_added, result.rows_quarantined) == (len(BAD) + 2, 2, len(BAD))
    return shop


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_line_goes_to_quarantine(refused: Shop, bad: str) -> None:
    told = {row: rest for row, *rest in refused.quarantine("row", "source", "file", "reason")}

    assert told[list(BAD).index(bad) + 3] == ["shop", "events.csv", BAD[bad][1]]


def test_good_lines_arrive_beside_bad_ones(refused: Shop) -> None:
    assert refused.events("user_id", "amount") == [("ann", 150), ("zoe", 150)]


COLUMNS: dict[str, tuple[str, list[Any], str]] = {
    "NaN number": ("amount", [1.0, float("nan")], "amount is not a number: nan"),
    "infinite number": ("amount", [1.0, float("inf")], "amount is not a number: inf"),
    "2**53 + 1": ("amount", [1, 2**53 + 1], "amount is too large: 9007199254740993"),
    "NaN category": ("kind", [1.0, float("nan")], "kind is NaN or infinite"),
    "NUL category": ("kind", ["a", "b\0"], "kind holds a NUL byte"),
    "flag in words": ("paid", ["1", "Yes"], "paid is not true or false: Yes"),
    "flag of two": ("paid", [1, 2], "paid is not true or false: 2"),
    "key of NaN": ("who", [1.0, float("nan")], "who is NaN or infinite"),
    "empty key": ("who", ["a", ""], "who is empty"),
}


@pytest.mark.parametrize(("column", "values", "reason"), COLUMNS.values(), ids=COLUMNS)
def test_a_bad_value_of_a_typed_column_is_refused(shop: Shop, column: str, values: list[Any], reason: str) -> None:
    columns = {"who": ["a", "b"], "at": ["2019-05-01"] * 2, "amount": [1, 2], "kind": ["x", "y"], "paid": [True, None]}
    shop.write("events.parquet", {**columns, column: values})

    assert [row[":reason"] for row in shop.read(**TYPED)] == [None, reason]


def test_rows_of_typed_columns_are_refused_alone(shop: Shop) -> None:
    columns = {"who": ["a", "b", "", "d"], "amount": [1.0, float("nan"), 2.0, 3.0], "paid": [1, 0, 1, 2]}
    shop.write("events.parquet", {**columns, "at": ["2019-05-01"] * 4, "kind": ["x", "y", None, "b"]})

    shop.ingest(**TYPED)

    assert shop.quarantine("row", "reason") == [
        (2, "amount is not a number: nan"),
        (3, "who is empty"),
        (4, "paid is not true or false: 2"),
    ]
    assert shop.events("user_id", "amount", "kind", "paid") == [("a", 100, "x", True)]


def test_the_record_shows_the_whole_line(shop: Shop) -> None:
    shop.write("events.csv", csv_of([',2019-05-01,"say ""no"""']))

    shop.ingest()

    assert shop.quarantine("record") == ['{"who":null,"at":"2019-05-01","amount":"say \\"no\\""}']


def test_malformed_lines_and_blank_ones_do_not_shift_the_numbers(shop: Shop) -> None:
    lines = [GOOD, "", "one,two", '"two', 'lines",2019-05-01,1', "a,b,c,d", "bob,never,1", "zoe,2019-05-02,1"]
    shop.write("events.csv", csv_of(lines))

    shop.ingest(properties=AMOUNT)

    assert shop.quarantine("row", "reason") == [
        (4, "the line is malformed: missing columns"),
        (7, "the line is malformed: too many columns"),
        (8, "at is not a time: never"),
    ]
    assert shop.events("user_id") == ["ann", "two\nlines", "zoe"]


def test_malformed_lines_of_one_file_are_not_told_of_the_next(shop: Shop) -> None:
    shop.write("a.csv", csv_of([GOOD, "x"]))
    shop.write("b.csv", csv_of([GOOD.replace("ann", "bob"), GOOD, "x,y"]))

    shop.ingest("[ab].csv")

    assert shop.quarantine("file", "row", "record") == [("a.csv", 3, "x"), ("b.csv", 4, "x,y")]


def test_a_line_that_is_not_utf8_is_refused_alone(shop: Shop) -> None:
    shop.write("events.csv", csv_of([GOOD]).encode() + b"b\xff,2019-05-01,1\n" + b"zoe,2019-05-01,1\n")

    shop.ingest()

    assert shop.quarantine("row", "reason") == [(3, "the line is malformed: invalid encoding")]
    assert shop.events("user_id") == ["ann", "zoe"]


def test_json_lines_that_are_no_objects_are_refused_alone(shop: Shop) -> None:
    good = '  {"who": "ann", "at": "2019-05-01"}'
    lines = [good, "[1]", "", "{", "null", '{"who": {"id": 1}, "at": "2019-05-01"}', '{"who": "\x01", "at": 1}', "tail"]
    shop.write("events.jsonl", "\n".join(lines))

    shop.ingest()

    assert shop.quarantine("row", "reason") == [
        (2, "the line is no JSON object"),
        (4, "the line is no JSON object"),
        (5, "the line is no JSON object"),
        (6, "who is nested"),
        (7, "the line is no JSON object"),
        (8, "the line is no JSON object"),
    ]
    assert shop.events("user_id") == ["ann"]


def test_a_json_line_that_is_not_utf8_is_refused_alone(shop: Shop) -> None:
    shop.write("events.jsonl", b'{"who": "ann", "at": "2019-05-01"}\r\n{"who": "\xff", "at": "2019-05-01"}\r\n')

    shop.ingest()

    assert shop.quarantine("row", "reason") == [(2, "the line is not UTF-8 text")]
    assert shop.events("user_id") == ["ann"]


@pytest.mark.parametrize(
    ("bad", "share", "passes"), [(1, "1%", True), (2, "1%", False), (29, "29%", True), (0, "0%", True)]
)
def test_more_bad_rows_than_allowed_change_nothing(shop: Shop, bad: int, share: str, passes: bool) -> None:
    shop.settings["max_quarantined"] = share
    rows = [f"u{n},{'never' if n < bad else '2019-05-01'},1" for n in range(100)]
    shop.write("events.csv", csv_of(rows))

    if passes:
        shop.ingest()
    else:
        with pytest.raises(QuarantineError, match="2 of 100 rows are bad, more than the 1%") as refused:
            shop.ingest()
        assert "2 × at is not a time, such as events.csv:2 (at is not a time: never)" in str(refused.value)

    assert len(shop.events("user_id")) == (100 - bad if passes else 0)
    assert bool(shop.published) == passes


def test_a_refused_delivery_leaves_the_log_as_it_was(shop: Shop) -> None:
    shop.write("events.csv", csv_of([GOOD]))
    shop.ingest()
    before = shop.published
    shop.settings["max_quarantined"] = "1%"
    shop.write("events.2.csv", csv_of([",,", "zoe,2019-05-01,1"]))

    with pytest.raises(QuarantineError):
        shop.ingest()

    assert shop.published == before
    assert shop.events("user_id") == ["ann"]
    assert not (shop.store.root / ".staging").exists()


def test_a_json_line_may_hold_anything_beside_a_long_number(shop: Shop) -> None:
    odd = [
        '{"who": "a", "x": 0.12345678901234567890, "y": "\\ud800", "at": "2019-05-01"}',
        "[" * 99_999,
        '{"who": 1e999}',
    ]
    shop.write("events.jsonl", "\n".join([*odd, '{"who": "ann", "at": "2019-05-01", "x": 0.12345678901234567890}']))

    shop.ingest()

    assert shop.quarantine("row") == [1, 2, 3]
    assert shop.events("user_id") == ["ann"]


def test_reasons_are_counted_by_kind_whatever_the_file_says(shop: Shop) -> None:
    shop.write("events.csv", csv_of(["a,2019-05-01,it is: x is not a number", "b,2019-05-01,has"]))

    result = shop.ingest(properties=AMOUNT).sources[0]

    assert result.quarantined == {"amount is not a number": 2}
