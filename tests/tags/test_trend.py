from pathlib import Path

import pyarrow as pa
import pytest

from limner.engines.store import Store
from limner.tags.rows import Kind
from limner.tags.trend import scores_before, trend
from limner.timeline import DAY
from tests.tags.batches import prediction_batch, shown_in

TAGS: dict[str, Kind] = {"churn": "predictive"}
NOW = 100 * DAY


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def publish(store: Store, *days_back: float) -> None:
    batches = [prediction_batch("churn", NOW - int(back * DAY), "ab", score=[back, 0.0]) for back in days_back]
    shown_in(store, batches, TAGS)


@pytest.mark.parametrize(
    ("days_back", "chosen"),
    [
        ((), None),
        ((7,), 7),
        ((1, 2, 6, 8.5, 9), 6),
        ((6, 8), 8),
        ((3.4, 10.6), None),
        ((3.5,), 3.5),
        ((10.5,), 10.5),
        ((-7,), None),
    ],
)
def test_the_instant_nearest_to_a_week_before_is_compared_with(
    store: Store, days_back: tuple[float, ...], chosen: float | None
) -> None:
    publish(store, *days_back)

    found = scores_before(store, "churn", NOW, "3")

    assert (None if found is None else found.to_pydict()) == (
        None if chosen is None else {"user_id": ["a", "b"], "score": [chosen, 0.0]}
    )


def test_another_version_is_not_compared_with(store: Store) -> None:
    publish(store, 7)

    assert scores_before(store, "churn", NOW, "4") is None


def test_nobody_before_is_compared_with_nobody(store: Store) -> None:
    shown_in(store, [prediction_batch("churn", NOW - 7 * DAY, "")], TAGS)

    assert scores_before(store, "churn", NOW, "3") is None


def test_a_trend_is_the_score_less_the_one_before() -> None:
    before = pa.table({"user_id": ["c", "a"], "score": [1.0, -0.5]})

    moved = trend(pa.chunked_array([["b", "a"], ["c"]]), pa.array([9.0, 0.25, 0.75]), before)

    assert moved.to_pylist() == [None, 0.75, -0.25]
