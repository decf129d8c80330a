from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.events.shop import AMOUNT, Shop, csv_of

WRITTEN = [
    "0", "-0", "1", "-1.5", "+2", ".5", "3.", "1e3", "-2.5E-1", "12.340000000000000000000000", " 12 ",
    "90071992547409.92", "-90071992547409.92", "0e5", "007", "1234567890123.45", "1e-2", "-0.01", "100e-2",
]  # fmt: skip


def amounts(shop: Shop, values: Any, decimals: int = 2, rounds: bool = False) -> list[int | None]:
    """What the values become; those that are refused become None, as those that are missing do."""
    shop.write("events.parquet", {"who": ["ann"] * len(values), "at": ["2019-05-01"] * len(values), "amount": values})
    amount = {"column": "amount", "type": "number", "decimals": decimals, "round": rounds}
    rows = shop.read(properties={"amount": amount})
    return [None if row[":reason"] else row["amount"] for row in rows]


def half_even(text: str, decimals: int) -> int | None:
    with localcontext(prec=400):
        exact = Decimal(text.strip()).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
        units = int(exact.scaleb(decimals))
    return units if abs(units) <= 2**53 else None


def test_what_is_written_is_kept_to_the_last_digit(shop: Shop) -> None:
    shop.write("events.csv", csv_of([f"{n:02},2019-05-01,{text}" for n, text in enumerate(WRITTEN)]))

    shop.ingest(properties=AMOUNT)

    assert shop.events("amount") == [int(Fraction(text.strip()) * 100) for text in WRITTEN]


@pytest.mark.parametrize(
    ("text", "decimals", "kept"),
    [
        ("0.005", 2, 0), ("0.015", 2, 2), ("-0.005", 2, 0), ("-0.015", 2, -2), ("2.5", 0, 2), ("3.5", 0, 4),
        ("0.0050000000000000000001", 2, 1), ("0.0049999999999999999999", 2, 0), ("-0.0050000000000000000001", 2, -1),
        ("45035996273704.965", 2, 4503599627370496), ("9007199254740991.5", 0, 2**53), ("9007199254740992.5", 0, 2**53),
        ("1e-400", 9, 0), ("0.30000000000000004", 2, 30), ("9007199.2547409915", 9, 9007199254740992),
    ],
)  # fmt: skip
def test_rounding_goes_half_to_even_exactly(shop: Shop, text: str, decimals: int, kept: int) -> None:
    assert amounts(shop, [text], decimals, rounds=True) == [kept] == [half_even(text, decimals)]


DECIMALS = st.decimals(min_value=-(10**17), max_value=10**17, allow_nan=False, allow_infinity=False, places=12)
ENDS = st.sampled_from(["005", "115", "125", "995", "985"])
TIES = st.builds(lambda whole, end: f"{whole}.{end}", st.integers(-(2**45), 2**45), ENDS)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(DECIMALS.map(str), TIES), min_size=40, max_size=60), st.integers(0, 9))
def test_rounding_agrees_with_python(tmp_path_factory: Any, texts: list[str], decimals: int) -> None:
    shop = Shop(tmp_path_factory.mktemp("shop"))

    assert amounts(shop, texts, decimals, rounds=True) == [half_even(text, decimals) for text in texts]


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (pa.array([1.1, -2.25, 1e-2, 90071992547409.92, None], pa.float64()), [110, -225, 1, 2**53, None]),
        (pa.array([0.1, 2.25, -1e6], pa.float32()), [10, 225, -100_000_000]),
        (pa.array([7, -7, None], pa.int8()), [700, -700, None]),
        (pa.array([2**64 - 1, 3], pa.uint64()), [None, 300]),
        (pa.array([Decimal("1.50"), Decimal("-12345678901234567.89")], pa.decimal128(30, 2)), [150, None]),
        (pa.array([Decimal("1.500"), Decimal("0.001")], pa.decimal256(60, 3)), [150, None]),
        (pa.array(["5", "", "  "]), [500, None, None]),
    ],
    ids=["double", "float", "tinyint", "unsigned", "decimal", "wide decimal", "texts"],
)
def test_every_type_of_column_gives_the_same_numbers(shop: Shop, values: Any, kept: list[int | None]) -> None:
    assert amounts(shop, values) == kept


DUSTY = [0.1 + 0.2, 1.0, 3.552713678800501e-15]


def test_the_dust_of_floats_is_refused_unless_rounding_was_asked_for(shop: Shop) -> None:
    assert amounts(shop, DUSTY) == [None, 100, None]
    assert [row[":kind"] for row in shop.read(properties=AMOUNT)] == [
        "amount has more than 2 decimals",
        None,
        "amount has more than 2 decimals",
    ]


def test_the_dust_of_floats_is_rounded_away_on_demand(shop: Shop) -> None:
    assert amounts(shop, DUSTY, rounds=True) == [30, 100, 0]


@pytest.mark.parametrize("text", ["9007199254740993.01", "1.10", "1e2", "12345678901234567890", "-0.07"])
def test_numbers_of_json_keep_all_their_digits(shop: Shop, text: str) -> None:
    shop.write("events.jsonl", f'{{"who": "a", "at": "2019-05-01", "amount": {text}}}')

    (row,) = shop.read(properties={"amount": {"column": "amount", "type": "category"}})

    assert Fraction(row["amount"]) == Fraction(text)


def test_a_property_may_be_whole_in_one_file_and_broken_in_another(shop: Shop) -> None:
    shop.write("a.parquet", {"who": ["a"], "at": ["2019-05-01"], "amount": [3]})
    shop.write("b.parquet", {"amount": [2.5], "at": ["2019-05-01"], "more": [1], "who": ["b"]})
    shop.write("c.csv", "at,amount,who\r\n2019-05-01,-1.25,c\r\n")

    shop.ingest("[a-c].*", properties={"amount": {"column": "amount", "type": "number"}})

    assert shop.events("user_id", "amount") == [("a", 300), ("b", 250), ("c", -125)]


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([True, False, None], [True, False, None]),
        (["TRUE", " f ", ""], [True, False, None]),
        (["T", "false", "0"], [True, False, False]),
        ([1, 0, None], [True, False, None]),
        ([1.0, 0.0, None], [True, False, None]),
    ],
)
def test_flags_are_read_however_they_are_written(shop: Shop, values: list[Any], kept: list[bool | None]) -> None:
    shop.write("events.parquet", {"who": ["a", "b", "c"], "at": ["2019-05-01"] * 3, "paid": values})

    rows = shop.read(properties={"paid": {"column": "paid", "type": "flag"}})

    assert [(row["paid"], row[":reason"]) for row in rows] == [(value, None) for value in kept]


def test_an_empty_text_is_a_category_and_null_is_none(shop: Shop) -> None:
    shop.write("events.parquet", {"who": ["a", "b", "c"], "at": ["2019-05-01"] * 3, "kind": ["", None, "NULL"]})

    shop.ingest(properties={"kind": {"column": "kind", "type": "category"}})

    assert shop.events("kind") == ["", None, "NULL"]
