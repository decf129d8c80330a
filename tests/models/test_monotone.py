import pytest

from limner.features.plan import Feature
from limner.models.monotone import Way, directions

SUM = Feature("spend_sum_7d", "history", "spend", "sum", "spend", (604_800,))
TREND = Feature("spend_trend_7d_over_28d", "history", "spend", "trend", "spend", (604_800, 2_419_200))
LAST = Feature("spend_days_since_last", "history", "spend", "days_since_last", "spend")
AGE = Feature("age", "attribute", "age", "last", "age")
KIND = Feature("kind", "attribute", "kind", "last", "kind", type="category", texts=("a",))
ALL = (SUM, TREND, LAST, AGE, KIND)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({}, {}),
        ({"spend": "rising"}, {"spend_sum_7d": 1, "spend_days_since_last": -1}),
        ({"spend": "falling"}, {"spend_sum_7d": -1, "spend_days_since_last": 1}),
        ({"spend": "rising", "spend_sum_7d": "falling"}, {"spend_sum_7d": -1, "spend_days_since_last": -1}),
        ({"spend_trend_7d_over_28d": "rising"}, {"spend_trend_7d_over_28d": 1}),
        ({"age": "rising", "kind": "rising"}, {"age": 1}),
    ],
)
def test_directions(declared: dict[str, Way], expected: dict[str, int]) -> None:
    assert directions(ALL, declared) == expected
