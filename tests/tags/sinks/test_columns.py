from pathlib import Path

import pyarrow as pa
import pytest

from limner.engines.store import Store
from limner.errors import RefusedError, SpecError
from limner.tags.rows import Kind
from limner.tags.sinks.columns import along, with_columns
from tests.tags.batches import LATER, fact_batch, prediction_batch, shown_in

TAGS: dict[str, Kind] = {"size": "fact", "churn": "predictive", "pending": "fact"}
MEMBERS = pa.table({"user_id": ["ann", "bob", "eve"], "holdout": [False, False, True]})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(tmp_path / "store")
    shown_in(found, [fact_batch("size", 100, {"ann": "2"}), prediction_batch("churn", 100, ["ann", "eve"])], TAGS)
    return found


def test_what_goes_along_stands_beside_the_user(store: Store) -> None:
    columns = [along(text, TAGS) for text in ("churn.tier", "churn.score", "size")]

    rows = with_columns(store, MEMBERS, columns, now=LATER - 1)

    assert rows.to_pydict() == {
        "user_id": ["ann", "bob", "eve"],
        "held_out": [False, False, True],
        "churn_tier": ["low", None, "low"],
        "churn_score": [0.0, None, 1.0],
        "size": ["2", None, None],
    }


def test_what_has_expired_does_not_go_along(store: Store) -> None:
    rows = with_columns(store, MEMBERS, [along("churn.tier", TAGS), along("size", TAGS)], now=LATER)

    assert rows["churn_tier"].null_count == rows["size"].null_count == 3


def test_a_tag_that_nobody_was_scored_on_is_said(store: Store) -> None:
    with pytest.raises(RefusedError, match="current has no fresh_tier yet; run: limner score"):
        with_columns(store, MEMBERS, [along("fresh.tier", {**TAGS, "fresh": "predictive"})], now=100)


def test_users_may_go_alone(store: Store) -> None:
    assert with_columns(store, MEMBERS, [], now=100).column_names == ["user_id", "held_out"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("chrun.tier", 'there is no tag "chrun"; allowed: churn, pending, size'),
        ("churn", "churn is a prediction, which has several parts; allowed: churn.score, churn.probability"),
        ("churn.reasons", 'churn has no "reasons"; allowed: churn.score'),
        ("size.tier", 'size has no "tier"; allowed: size, size.valid_until'),
        ("pending", "pending is a column of deliveries themselves; give the tag another name"),
    ],
)
def test_columns_that_no_tag_has_are_refused(text: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        along(text, TAGS)

    assert str(refused.value).startswith(told)
