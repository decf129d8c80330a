from datetime import UTC, datetime

import pyarrow as pa
import pytest

from limner.tags.facts import valid_values

Dated = tuple[str, float | None, object]


def table(rows: list[Dated], type_: pa.DataType | None = None) -> pa.Table:
    moments = [
        None if second is None else datetime.fromtimestamp(second, UTC).replace(tzinfo=None) for _, second, _ in rows
    ]
    return pa.table(
        {
            "user_id": pa.array([user for user, _, _ in rows], pa.string()),
            "valid_from": pa.array(moments, pa.timestamp("us")),
            "plan": pa.array([value for _, _, value in rows], type_ or pa.string()),
        }
    )


def told(rows: list[Dated], as_of: int = 100, type_: pa.DataType | None = None, decimals: int = 0) -> dict[str, str]:
    found = valid_values(table(rows, type_), "plan", as_of, decimals)
    return dict(zip(found["user_id"].to_pylist(), found["value"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("since", "expected"),
    [(99, {"a": "gold"}), (99.999999, {"a": "gold"}), (100, {}), (101, {}), (None, {"a": "gold"}), (-5, {"a": "gold"})],
)
def test_a_value_holds_from_after_its_second(since: float | None, expected: dict[str, str]) -> None:
    assert told([("a", since, "gold")]) == expected


def test_the_latest_value_before_the_instant_counts() -> None:
    rows: list[Dated] = [
        ("a", None, "undated"), ("a", 10, "old"), ("a", 20, "new"), ("a", 100, "future"),
        ("b", None, "undated"), ("b", 100, "future"),
        ("c", 100, "future"),
    ]  # fmt: skip

    assert told(rows) == {"a": "new", "b": "undated"}
    assert told(rows, as_of=101) == {"a": "future", "b": "future", "c": "future"}


def test_a_latest_value_that_is_unknown_leaves_the_user_out() -> None:
    assert told([("a", 10, "gold"), ("a", 20, None), ("b", 10, None), ("b", 20, "gold")]) == {"b": "gold"}


@pytest.mark.parametrize(
    ("type_", "value", "decimals", "text"),
    [
        (pa.int64(), 1250, 2, "12.50"),
        (pa.int64(), -5, 2, "-0.05"),
        (pa.int64(), 3, 0, "3"),
        (pa.int64(), 0, 2, "0.00"),
        (pa.int64(), 2**63 - 1, 9, "9223372036.854775807"),
        (pa.bool_(), True, 0, "true"),
        (pa.bool_(), False, 0, "false"),
        (pa.string(), "", 0, ""),
        (pa.string(), "三口之家", 0, "三口之家"),
    ],
)
def test_values_are_told_as_texts(type_: pa.DataType, value: object, decimals: int, text: str) -> None:
    assert told([("a", None, value)], type_=type_, decimals=decimals) == {"a": text}


@pytest.mark.parametrize("rows", [[], [("a", 200, "x")]])
def test_nobody_known_is_nobody(rows: list[Dated]) -> None:
    assert told(rows) == {}


def test_a_table_without_the_column_tells_nothing() -> None:
    assert valid_values(table([("a", None, "x")]), "other", 100, 0).num_rows == 0
