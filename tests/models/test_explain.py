from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from limner.features.plan import Feature
from limner.models.explain import Explainer

from .plans import AGE, DAY, RECENCY, SPEND_7D, SPEND_28D, plan

PLAN = plan(SPEND_7D, RECENCY, SPEND_28D, AGE)
ROW = np.array([[12.5, 62.0, 80.0, 2.0]], np.float32)
SHARE = replace(RECENCY, name="purchases_share_7d", aggregate="share", windows=(7 * DAY,))
COUNT = replace(SHARE, name="purchases_count_7d", aggregate="count")
GAPS = replace(SHARE, name="purchases_gap_mean_7d", aggregate="gap_mean")
TREND = replace(SHARE, name="purchases_trend_7d_over_28d", aggregate="trend", windows=(7 * DAY, 28 * DAY))
YOUNG = Feature("purchases_age_unknown", "history", "purchases", "age_unknown", "purchases")
WEIGHT = Feature("weight", "attribute", "weight", "attribute", "weight", decimals=1)


def contributions(*parts: float) -> npt.NDArray[np.float64]:
    return np.array([[*parts, -2.0]])


def reasons(
    X: npt.NDArray[np.float32], parts: npt.NDArray[np.float64], norms: Mapping[str, float | None] | None = None
) -> list[list[dict[str, Any]]]:
    told: list[list[dict[str, Any]]] = Explainer.of(PLAN, norms or {}).reasons(X, parts).to_pylist()
    return told


def told(*parts: float, n: int = 3) -> list[tuple[str, float]]:
    (row,) = Explainer.of(PLAN, {}).reasons(ROW, contributions(*parts), n).to_pylist()
    return [(one["feature"], one["contribution"]) for one in row]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((0.5, -1.0, 0.25, 0.1), [(RECENCY.name, -1.0), (SPEND_7D.name, 0.75), (AGE.name, 0.1)]),
        ((0.25, 0.0, 0.5, 0.1), [(SPEND_28D.name, 0.75), (AGE.name, 0.1)]),
        ((-0.25, 1.0, 0.5, 0.0), [(RECENCY.name, 1.0), (SPEND_28D.name, 0.25)]),
        ((0.5, 0.5, 0.0, 0.5), [(SPEND_7D.name, 0.5), (RECENCY.name, 0.5), (AGE.name, 0.5)]),
        ((0.25, 1.0, 0.25, 0.0), [(RECENCY.name, 1.0), (SPEND_7D.name, 0.5)]),
        ((0.5, 1.0, -0.5, 0.04), [(RECENCY.name, 1.0)]),
        ((0.0, 0.0, 0.0, 0.0), []),
    ],
    ids=["largest first", "loudest speaks", "against the sum is silent", "ties", "tie in group", "trifles", "nothing"],
)
def test_reasons(parts: tuple[float, ...], expected: list[tuple[str, float]]) -> None:
    assert told(*parts) == expected


def test_no_more_reasons_than_wanted() -> None:
    assert told(0.5, -1.0, 0.25, 0.1, n=1) == [(RECENCY.name, -1.0)]


def test_a_reason_is_said_in_both_languages_beside_what_is_usual() -> None:
    norms = {RECENCY.name: 9.0, SPEND_28D.name: None, AGE.name: 1.0}

    (row,) = reasons(ROW, contributions(0.0, -1.0, 0.5, 0.25), norms)

    keys = ("feature", "contribution", "value", "direction", "en", "zh")
    recency = (
        RECENCY.name,
        -1.0,
        62.0,
        "above",
        "no purchase for 62 days (usually 9)",
        "已62天没有purchases（通常为 9）",
    )
    spend = (SPEND_28D.name, 0.5, 80.0, None, "spend of 80.00 in the last 28 days", "最近28天spend合计80.00")
    age = (AGE.name, 0.25, 2.0, None, "age: old", "age：old")
    assert [tuple(one[key] for key in keys) for one in row] == [recency, spend, age]


@pytest.mark.parametrize(
    ("norm", "direction"), [(81.0, "below"), (80.0, "usual"), (79.0, "above"), (None, None), (np.nan, None)]
)
def test_a_reason_tells_on_which_side_of_the_usual_a_user_is(norm: float | None, direction: str | None) -> None:
    ((reason,),) = reasons(ROW, contributions(0.0, 0.0, 0.5, 0.0), {SPEND_28D.name: norm})

    assert reason["direction"] == direction


def test_what_is_missing_is_not_compared() -> None:
    row = np.array([[0, np.nan, 0, np.nan]], np.float32)

    (told,) = reasons(row, contributions(0.0, -1.0, 0.0, 0.5), {RECENCY.name: 9.0, AGE.name: 1.0})

    assert [one["en"] for one in told] == ["no purchase ever", "age unknown"]
    assert [(one["value"], one["direction"]) for one in told] == [(None, None)] * 2


def test_rows_do_not_disturb_each_other() -> None:
    random = np.random.default_rng(1)
    X, parts = random.integers(0, 9, (50, 4)).astype(np.float32), random.normal(size=(50, 5))

    together = reasons(X, parts)

    assert together == [reasons(X[i : i + 1], parts[i : i + 1])[0] for i in range(50)]


def test_no_rows_have_no_reasons() -> None:
    assert reasons(ROW[:0], np.zeros((0, 5))) == []


def test_the_strongest_groups_are_found_as_by_reading_slowly() -> None:
    random = np.random.default_rng(2)
    parts = random.integers(-3, 4, (300, 5)).astype(np.float64)

    found = reasons(np.repeat(ROW, 300, axis=0), parts)

    assert [[(one["feature"], one["contribution"]) for one in row] for row in found] == [
        read_slowly(row) for row in parts
    ]


@pytest.mark.parametrize(
    "feature", [SPEND_7D, RECENCY, AGE, SHARE, COUNT, GAPS, TREND, YOUNG, WEIGHT], ids=lambda one: one.name
)
@pytest.mark.parametrize("norm", [None, 0.034])
def test_many_are_told_what_each_would_be_told_alone(feature: Feature, norm: float | None) -> None:
    random = np.random.default_rng(3)
    values = [
        np.nan,
        0,
        -0.0,
        0.001,
        0.004999,
        0.005,
        0.125,
        0.375,
        0.0995,
        0.95,
        0.96,
        1,
        1.05,
        1.5,
        2,
        2.5,
        1e6,
        1e-9,
    ]
    values += [-0.001, -12.345, *random.gamma(1, 9, 300), *(random.integers(0, 400, 300) / 200)]
    X = np.array(values if feature not in {AGE, YOUNG} else [np.nan, 0, 1], np.float32)[:, None]
    explainer = Explainer.of(plan(feature), {feature.name: norm})

    found = explainer.reasons(X, np.ones((len(X), 2))).to_pylist()

    for (value,), (reason,) in zip(X.astype(np.float64), found, strict=True):
        for language in ("en", "zh"):
            alone, usual = feature.say(value + 0.0, language), {"en": " (usually ", "zh": "（通常为 "}[language]
            is_compared = norm is not None and not np.isnan(value) and feature not in {AGE, YOUNG}
            assert reason[language].startswith(alone + usual if is_compared else alone)
            assert is_compared or reason[language] == alone


def test_what_was_said_of_others_changes_no_word() -> None:
    explainer = Explainer.of(PLAN, {RECENCY.name: 9.0})
    parts, X = np.ones((1, 5)), [np.array([[1.0, days, 3.0, 1.0]], np.float32) for days in (2.1, 2.9, 3.0)]

    said = [explainer.reasons(row, parts).to_pylist() for row in X]

    assert said == [Explainer.of(PLAN, {RECENCY.name: 9.0}).reasons(row, parts).to_pylist() for row in X]


def read_slowly(parts: npt.NDArray[np.float64]) -> list[tuple[str, float]]:
    groups: dict[str, dict[str, float]] = {}
    for feature, part in zip(PLAN.features, parts.tolist(), strict=False):
        groups.setdefault(feature.group, {})[feature.name] = part
    sums = [sum(one.values()) for one in groups.values()]
    told = [
        (max(one, key=lambda name: one[name] * np.sign(total)), total)
        for one, total in zip(groups.values(), sums, strict=True)
        if total and abs(total) >= 0.05 * sum(map(abs, sums))
    ]
    return sorted(told, key=lambda one: -abs(one[1]))[:3]
