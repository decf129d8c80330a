from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from limner.engines.store import Store
from limner.errors import UsageError
from limner.features.bucket import Stream
from limner.features.dataset import Dataset
from limner.features.pace import Pace
from limner.features.plan import Feature, Plan, Signal
from limner.features.snapshot import from_arrow, read_snapshot, to_arrow, write_snapshot

BUYS = {"buys": Signal(Stream("buy"))}
COUNT = Plan((Feature("buys_count_7d", "history", "buys", "count", "buys", (604_800,)),), BUYS, known_since=0)
BOTH = replace(COUNT, features=(*COUNT.features, Feature("buys_count", "history", "buys", "count", "buys")))
CALENDAR = Dataset(
    tag="buys_7d",
    plan=BOTH,
    vectors=np.array([[1, np.nan], [3, 4]], dtype=np.float32),
    baseline_plan=COUNT,
    baseline_vectors=np.array([[5], [np.nan]], dtype=np.float32),
    users=np.array(["u", "v"], dtype=object),
    cutoffs=np.array([86_400, 172_800], dtype=np.int64),
    label_ends=np.array([172_800, 259_200], dtype=np.int64),
    labels=np.array([0, 1], dtype=np.int8),
    trigger_ids=None,
)
PACED = replace(CALENDAR, pace=Pace(5, 604_800, (3, 0, 4)))
TRIGGERED = replace(CALENDAR, trigger_ids=np.array(["lead-1", "lead-2"], dtype=object))


@pytest.mark.parametrize("dataset", [CALENDAR, PACED, TRIGGERED], ids=["calendar", "paced", "triggers"])
def test_a_dataset_comes_back_from_its_table(dataset: Dataset) -> None:
    back = from_arrow(to_arrow(dataset))
    assert back.fingerprint == dataset.fingerprint
    assert (back.plan, back.baseline_plan, back.tag) == (dataset.plan, dataset.baseline_plan, dataset.tag)
    assert (back.trigger_ids is None) == (dataset.trigger_ids is None)
    assert back.pace == dataset.pace


@pytest.mark.parametrize(
    "change",
    [
        {"labels": np.array([1, 1], dtype=np.int8)},
        {"users": np.array(["u", "w"], dtype=object)},
        {"cutoffs": np.array([86_401, 172_800], dtype=np.int64)},
        {"vectors": np.array([[1, 0], [3, 4]], dtype=np.float32)},
        {"baseline_plan": BOTH},
        {"pace": Pace(5, 604_800, (3, 0, 4))},
        {"trigger_ids": np.array(["a", "b"], dtype=object)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_changes_the_fingerprint(change: dict[str, object]) -> None:
    changed = replace(CALENDAR, **change)  # type: ignore[arg-type]
    assert changed.fingerprint != CALENDAR.fingerprint


@pytest.mark.parametrize("change", [{"start": 6}, {"horizon": 86_400}, {"counts": (3, 1, 3)}], ids=str)
def test_any_change_of_the_pace_changes_the_fingerprint(change: dict[str, object]) -> None:
    assert PACED.pace is not None
    changed = replace(PACED, pace=replace(PACED.pace, **change))  # type: ignore[arg-type]
    assert changed.fingerprint != PACED.fingerprint


def test_the_newest_dataset_of_each_tag_is_stored_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = write_snapshot(store, CALENDAR)
    other = write_snapshot(store, replace(CALENDAR, tag="other"))
    newest = write_snapshot(store, TRIGGERED)
    assert first < other < newest == write_snapshot(store, TRIGGERED)
    assert read_snapshot(store, "buys_7d").fingerprint == TRIGGERED.fingerprint
    assert len(store.files("snapshots")) == 2


def test_a_tag_without_a_dataset_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="limner train buys_7d"):
        read_snapshot(Store(tmp_path), "buys_7d")
