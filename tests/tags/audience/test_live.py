from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from limner.engines.store import Store
from limner.errors import SpecError, UsageError
from limner.tags.audience import Condition, Expected, LiveAnswers, breakdowns, count, expected
from limner.tags.audience.declared import Project
from limner.tags.audience.live_columns import Names, matches_of, places_of
from tests.tags.audience.oracle import CONDITIONS, Told
from tests.tags.audience.town import NOW, TAGS, Row, town

SHOP = town(
    good={"where": "rfm in ('champion', 'loyal')"},
    at_risk={"where": "churn.tier = 'high' and audience('good')", "suppress": ["big"]},
    big={"where": "size = '5+'"},
)
FEW_KEPT = LiveAnswers(most=4_000)
TEXTS = [
    "rfm in ('champion', 'loyal')",
    "churn.probability >= 0.2 and not buy.percentile < 50",
    "audience('at_risk') or vip",
    "churn is null",
    "churn.tier = 'high' and churn.tier = 'low'",
    "credit > 10.5 and size != '1'",
]


def numbers(one: Expected) -> list[float]:
    return [value for value in astuple(one) if isinstance(value, int | float)]


@given(told=CONDITIONS)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_a_live_count_is_what_plain_python_counts(told: Told, store: Store, rows: dict[str, Row]) -> None:
    found = FEW_KEPT.count(SHOP, store, told.text, NOW)

    assert (found.users, found.everybody) == (sum(told.truth(row) is True for row in rows.values()), 200)


@pytest.mark.parametrize("now", [NOW, NOW + 500])
@pytest.mark.parametrize("text", TEXTS)
def test_live_answers_are_those_of_the_table(text: str, now: int, store: Store) -> None:
    live, asked = LiveAnswers(), (SHOP, store, text)
    counted, parted = count(*asked, now), breakdowns(*asked, list(TAGS), now)
    foreseen = expected(*asked, now)

    for _ in range(2):
        assert live.count(*asked, now) == counted
        assert live.breakdowns(*asked, list(TAGS), now) == parted
        for one, other in zip(live.expected(*asked, now), foreseen, strict=True):
            assert numbers(one) == pytest.approx(numbers(other), rel=1e-12)


def test_a_live_count_keeps_users_in_order_where_many_values_are_compared(store: Store) -> None:
    text = "churn is null and size in ('1', '2', '5+', '3', '4', '6')"

    found = {LiveAnswers().count(SHOP, store, text, NOW).users for _ in range(12)}

    assert found == {count(SHOP, store, text, NOW).users}


def test_what_is_wrong_is_refused_as_ever(store: Store) -> None:
    with pytest.raises(SpecError, match="there is no tag chrun"):
        LiveAnswers().expected(SHOP, store, "chrun.tier = 'high'", NOW)
    with pytest.raises(UsageError, match="there is no tag chrun; did you mean churn"):
        LiveAnswers().breakdowns(SHOP, store, "vip", ["chrun"], NOW)


def test_a_file_that_goes_from_one_list_to_another_changes_both(store: Store, tmp_path: Path) -> None:
    for name, user in (("a1", "u001"), ("a2", "u002"), ("b1", "u003")):
        (tmp_path / f"{name}.csv").write_text(f"user_id\n{user}\n")
    lists: dict[str, Any] = {name: {"users": {"read": f"{name}?.csv", "user_id": "user_id"}} for name in "ab"}
    shop, text, live = town(tmp_path, **lists), "audience('a') and not audience('b')", LiveAnswers()
    assert live.count(shop, store, text, NOW).users == 2

    (tmp_path / "a2.csv").rename(tmp_path / "b0.csv")

    assert live.count(shop, store, text, NOW).users == 1


def test_small_answers_are_forgotten_too_where_they_are_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    live, asked = LiveAnswers(most=20_000), list[str]()

    def ask(shop: Project, store: Store, condition: Condition, now: int) -> pa.BooleanArray:
        asked.append(condition.sql)
        return matches_of(shop, store, condition, now)

    monkeypatch.setattr("limner.tags.audience.live.matches_of", ask)
    for size in [*range(12), 0]:
        live.count(SHOP, store, f"size = '{size}'", NOW)

    assert len(asked) == 13


def test_names_count_with_their_texts() -> None:
    codes, everybody = np.zeros(1, np.uint8), np.array([1, 0])

    assert Names(("x" * 1_000, None), codes, everybody).nbytes > 1_000


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 64, 131])
def test_places_are_those_of_the_true_whatever_the_slice(length: int) -> None:
    values = [None if place % 5 == 0 else place % 3 == 0 for place in range(200)]

    found = places_of(pa.array(values).slice(3, length))

    assert found.tolist() == [place for place in range(length) if values[3 + place]]
