from dataclasses import replace

import numpy as np
import pytest

from limner.features.dataset import Dataset
from limner.models.folds import Split, split
from limner.models.thinning import thinned
from limner.timeline import DAY
from tests.models.world import baseline_plan_of_world, plan_of_world

N_USERS, N_CUTOFFS, HORIZON = 10, 40, 8 * DAY


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.models.thinning._FEWEST", 50)
    monkeypatch.setattr("limner.models.thinning._FEWEST_TELLING", 20)


def daily(every: int = 1) -> Dataset:
    n, instants = N_USERS * N_CUTOFFS, np.arange(N_CUTOFFS) * every * DAY
    cutoffs = np.repeat(instants, N_USERS)
    plan, baseline = plan_of_world(), baseline_plan_of_world()
    return Dataset(
        tag="lapse_28d",
        plan=plan,
        vectors=np.zeros((n, len(plan.features)), np.float32),
        baseline_plan=baseline,
        baseline_vectors=np.zeros((n, len(baseline.features)), np.float32),
        users=np.array([f"u{at:02}" for at in range(N_USERS)] * N_CUTOFFS, object),
        cutoffs=cutoffs,
        label_ends=cutoffs + HORIZON,
        labels=np.random.default_rng(3).integers(0, 2, n).astype(np.int8),
        trigger_ids=None,
    )


def divided(dataset: Dataset) -> Split:
    return split(dataset.cutoffs, dataset.label_ends, dataset.labels, 2)


def test_every_user_is_learned_from_at_every_third_cutoff_where_eight_outcomes_overlap() -> None:
    dataset = daily()

    found = thinned(divided(dataset), dataset)

    for user in np.unique(dataset.users):
        days = dataset.cutoffs[found.learned][dataset.users[found.learned] == user] // DAY
        assert set(np.diff(days)) == {3}
    assert set(dataset.cutoffs[found.learned]) == set(dataset.cutoffs)


def test_what_judges_stays_and_what_is_learned_from_is_of_the_same_time() -> None:
    dataset = daily()
    whole = divided(dataset)

    found = thinned(whole, dataset)

    assert np.array_equal(found.test, whole.test)
    assert set(found.train) < set(whole.train)
    for fewer, fold in zip(found.folds, whole.folds, strict=True):
        assert np.array_equal(fewer.valid, fold.valid)
        assert set(fewer.train) <= set(fold.train)


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ({"trigger_ids": np.array(["e"] * N_USERS * N_CUTOFFS, object)}, {}),
        ({"label_ends": daily().cutoffs + 3 * DAY}, {}),
        ({}, {"_FEWEST": 201}),
        ({}, {"_FEWEST_TELLING": 1_000}),
    ],
)
def test_all_rows_are_learned_from(
    changes: dict[str, object], limits: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in limits.items():
        monkeypatch.setattr(f"limner.models.thinning.{name}", value)
    dataset = replace(daily(), **changes)  # type: ignore[arg-type]
    whole = divided(dataset)

    found = thinned(whole, dataset)

    assert np.array_equal(found.train, whole.train)
    assert np.array_equal(found.learned, whole.learned)
