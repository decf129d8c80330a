from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.features.attributes import attribute_column
from limner.features.plan import AttributeSource, Feature
from limner.features.rows import Rows
from limner.timeline import DAY
from tests.features.buckets import bucket_of
from tests.oracle import as_of

CUTOFF = 40 * DAY
AGE = Feature("age", "attribute", "age", "last", "age", type="category", texts=("old", "young"))
INCOME = Feature("income", "attribute", "income", "last", "income", decimals=2)
IS_MEMBER = Feature("is_member", "attribute", "is_member", "last", "is_member", type="flag")
SOURCES = {
    "age": AttributeSource("people", "age", "category", 0, is_dated=True),
    "income": AttributeSource("people", "income", "number", 2, is_dated=True),
    "is_member": AttributeSource("people", "is_member", "flag", 0, is_dated=True),
}
SECONDS = st.sampled_from([0, CUTOFF - 1, CUTOFF, CUTOFF + 1, 39 * DAY])
MOMENTS = st.one_of(st.none(), st.builds(lambda s, m: s * 1_000_000 + m, SECONDS, st.sampled_from([0, 999_999])))


def column(feature: Feature, users: list[str], moments: list[int | None], values: pa.Array) -> list[float]:
    table = pa.table(
        {
            "user_id": pa.array(users, pa.string()),
            "valid_from": pa.array(moments, pa.int64()).cast(pa.timestamp("us")),
            feature.source: values,
        }
    )
    rows = Rows(np.array([0, 1, 2], np.int32), np.full(3, CUTOFF))
    return attribute_column(feature, SOURCES[feature.source], table, bucket_of([]), rows).tolist()  # type: ignore[no-any-return]


def same(found: list[float], wanted: list[Any]) -> bool:
    return np.array_equal(found, np.array([np.nan if one is None else one for one in wanted]), equal_nan=True)


@settings(deadline=None, max_examples=80)
@given(st.dictionaries(MOMENTS, st.one_of(st.none(), st.integers(-5_000, 5_000)), max_size=5))
def test_the_newest_fact_before_the_cutoff_counts(facts: dict[int | None, int | None]) -> None:
    moments, values = list(facts), pa.array(list(facts.values()), pa.int64())

    found = column(INCOME, ["v"] * len(facts), moments, values)

    wanted = as_of([(moment, None if value is None else value / 100) for moment, value in facts.items()], CUTOFF)
    assert same(found, [None, None if wanted is None else np.float32(wanted), None])


def test_a_category_is_its_place_in_the_vocabulary_and_others_are_0() -> None:
    found = column(AGE, ["u", "v", "w"], [0, 0, 0], pa.array(["young", "unheard of", None]))

    assert same(found, [2, 0, None])


def test_a_flag_is_0_or_1() -> None:
    assert same(column(IS_MEMBER, ["u", "w"], [None, None], pa.array([True, False])), [1, None, 0])


def test_users_without_events_do_not_disturb() -> None:
    found = column(INCOME, ["a stranger", "u", "zz"], [0, 0, 0], pa.array([1, 250, 3]))

    assert same(found, [2.5, None, None])
