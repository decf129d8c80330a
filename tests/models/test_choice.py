import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from limner.models.bootstrap import Interval
from limner.models.candidate import Candidate, Forward, Ground
from limner.models.choice import Choice, choose
from limner.models.spec import TrainingSpec

N = 200
ROWS = np.arange(3 * N)
LABELS = (np.random.default_rng(0).random(3 * N) < 0.3).astype(np.int8)
NOISE = np.random.default_rng(1).normal(size=(2, 3 * N))
SPEC = TrainingSpec(bootstraps=100)
SURE = Interval(0.1, 0.05, 0.15)


def ground(is_proven: bool = True) -> Ground:
    dataset = SimpleNamespace(labels=LABELS, users=np.array([f"user {at % N}" for at in ROWS], object))
    return cast(Ground, SimpleNamespace(dataset=dataset, split=SimpleNamespace(test=ROWS[-N:], is_proven=is_proven)))


def contender(name: str, margins: npt.NDArray[np.float64]) -> Candidate:
    forward = Forward(margins[: 2 * N], ROWS[: 2 * N], np.repeat(np.array([0, 1], np.int64), N), np.zeros(2 * N))
    nothing = cast(Any, None)
    return Candidate(name, nothing, nothing, nothing, forward, 0.0, margins[-N:], margins[-N:])


def choice_of(folds: float, test: float) -> Choice:
    strength = np.repeat([folds, folds, test], N)
    model, rule = contender("model", strength * LABELS + NOISE[0]), contender("recency", 0.5 * LABELS + NOISE[1])
    return choose(model, rule, ground(), SPEC)


@pytest.mark.parametrize(
    ("folds", "test", "is_model"), [(2.0, 2.0, True), (2.0, 0.5, True), (0.0, 0.0, False), (0.0, 0.7, False)]
)
def test_all_rows_ahead_decide_and_not_the_test_alone(folds: float, test: float, is_model: bool) -> None:
    assert choice_of(folds, test).is_model is is_model


def test_gains_are_of_their_own_stretches() -> None:
    found = choice_of(folds=2.0, test=0.0)

    assert found.folds.low > 0 > found.test.high
    assert found.test.value < found.together.value < found.folds.value
    assert not found.is_model


def test_the_level_of_a_folds_scores_is_not_held_against_another() -> None:
    model, rule = contender("model", 2.0 * LABELS + NOISE[0]), contender("recency", 0.5 * LABELS + NOISE[1])
    moved = replace(model, forward=replace(model.forward, margins=model.forward.margins + np.repeat([0.0, 50.0], N)))

    assert choose(moved, rule, ground(), SPEC) == choose(model, rule, ground(), SPEC)


@pytest.mark.parametrize(
    ("folds", "is_proven", "is_model"),
    [(SURE, False, True), (Interval(-0.1, -0.2, 0.1), False, False), (Interval(-0.1, -0.2, 0.1), True, True)],
)
def test_a_small_test_decides_nothing_by_itself(folds: Interval, is_proven: bool, is_model: bool) -> None:
    assert Choice("recency", folds, SURE, SURE, is_proven).is_model is is_model


def test_a_contender_is_no_better_than_itself() -> None:
    rule = contender("recency", NOISE[0])

    found = choose(rule, rule, ground(), SPEC)

    assert found.together == (0.0, 0.0, 0.0)
    assert not found.is_model


def test_the_choice_is_plain_json_even_where_a_gain_is_unknown() -> None:
    unknown = Interval(float("nan"), float("nan"), float("nan"))

    written = json.loads(json.dumps(Choice("rfm", SURE, unknown, SURE, False).as_dict(), allow_nan=False))

    assert written["test"] == {"value": None, "low": None, "high": None}
    assert written["together"]["low"] == 0.05
