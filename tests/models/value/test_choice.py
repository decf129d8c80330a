from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from limner.models.candidate import Forward, Ground
from limner.models.spec import TrainingSpec
from limner.models.value.choice import choose_amounts
from limner.models.value.estimate import Estimate

N = 100
CAME = np.random.default_rng(0).exponential(10.0, 2 * N)
SPEC = TrainingSpec(bootstraps=100)
UNKNOWN = 10


def ground() -> Ground:
    users = np.array([f"user {at % N}" for at in range(2 * N)], object)
    dataset = SimpleNamespace(amounts=CAME, users=users)
    return cast(
        Ground, SimpleNamespace(dataset=dataset, split=SimpleNamespace(test=np.arange(N, 2 * N), is_proven=True))
    )


def contender(name: str, folds: float, test: float) -> Estimate:
    nothing = cast(Any, None)
    forward = Forward(np.zeros(N), np.arange(N), np.zeros(N, np.int64), np.zeros(N))
    losses: npt.NDArray[np.float64] = np.where(np.arange(N) < UNKNOWN, np.nan, folds)
    return Estimate(name, nothing, nothing, nothing, forward, losses, np.zeros(N), {"expected": CAME[N:] * test})


@pytest.mark.parametrize(
    ("folds", "test", "is_model"), [(1.0, 1.1, True), (1.0, 2.0, False), (3.0, 1.1, False), (2.0, 1.4, False)]
)
def test_all_rows_ahead_decide_and_not_the_folds_alone(folds: float, test: float, is_model: bool) -> None:
    assert (
        choose_amounts(contender("model", folds, test), contender("rfm", 2.0, 1.3), ground(), SPEC).is_model is is_model
    )


def test_the_gain_is_the_part_of_the_deviance_that_is_saved() -> None:
    found = choose_amounts(contender("model", 1.5, 1.3), contender("rfm", 2.0, 1.3), ground(), SPEC)

    assert found.folds == pytest.approx((0.25, 0.25, 0.25))
    assert found.test == pytest.approx((0.0, 0.0, 0.0))
    assert 0.0 < found.together.low <= found.together.value < 0.25
