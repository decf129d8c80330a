import numpy as np
import numpy.typing as npt
import pytest

from limner.models.explain import Reason, top_reasons

from .plans import AGE, RECENCY, SPEND_7D, SPEND_28D, plan

PLAN = plan(SPEND_7D, RECENCY, SPEND_28D, AGE)
ROW = np.array([[12.5, 62.0, 80.0, 2.0]], np.float32)


def contributions(*parts: float) -> npt.NDArray[np.float64]:
    return np.array([[*parts, -2.0]])


def told(*parts: float, n: int = 3) -> list[tuple[str, float]]:
    return [(one.feature, one.contribution) for one in top_reasons(PLAN, ROW, contributions(*parts), {}, n)[0]]


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
    norms = {RECENCY.name: 9.0, AGE.name: 1.0}

    reasons = top_reasons(PLAN, ROW, contributions(0.0, -1.0, 0.5, 0.25), norms)[0]

    assert reasons == [
        Reason(RECENCY.name, -1.0, 62.0, "no purchase for 62 days (usually 9)", "已62天没有purchases（通常为 9）"),
        Reason(SPEND_28D.name, 0.5, 80.0, "spend of 80.00 in the last 28 days", "最近28天spend合计80.00"),
        Reason(AGE.name, 0.25, 2.0, "age: old", "age：old"),
    ]


def test_what_is_missing_is_not_compared() -> None:
    row = np.array([[0, np.nan, 0, np.nan]], np.float32)

    reasons = top_reasons(PLAN, row, contributions(0.0, -1.0, 0.0, 0.5), {RECENCY.name: 9.0, AGE.name: 1.0})[0]

    assert [reason.en for reason in reasons] == ["no purchase ever", "age unknown"]


def test_rows_do_not_disturb_each_other() -> None:
    random = np.random.default_rng(1)
    X, parts = random.integers(0, 9, (50, 4)).astype(np.float32), random.normal(size=(50, 5))

    together = top_reasons(PLAN, X, parts, {})

    assert together == [top_reasons(PLAN, X[i : i + 1], parts[i : i + 1], {})[0] for i in range(50)]


def test_no_rows_have_no_reasons() -> None:
    assert top_reasons(PLAN, ROW[:0], np.zeros((0, 5)), {}) == []


def test_the_strongest_groups_are_found_as_by_reading_slowly() -> None:
    random = np.random.default_rng(2)
    parts = random.integers(-3, 4, (300, 5)).astype(np.float64)

    reasons = top_reasons(PLAN, np.repeat(ROW, 300, axis=0), parts, {})

    assert [[(one.feature, one.contribution) for one in row] for row in reasons] == [read_slowly(row) for row in parts]


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
