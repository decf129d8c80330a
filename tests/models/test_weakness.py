import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from limner.features.plan import Feature
from limner.models.backtest import backtest
from limner.models.bootstrap import Interval
from limner.models.candidate import Ground
from limner.models.segments import Segment, _weaknesses, segments_of
from limner.models.shift import Shift, shift_of
from limner.models.spec import TrainingSpec
from limner.models.train import Trained
from tests.models.test_train import SPEC, of_world, trained
from tests.models.world import World, planted, world

Bounds = tuple[float, float, float]


def again(found: Trained, told: World, spec: TrainingSpec = SPEC) -> tuple[Segment, ...]:
    return segments_of(found.published, Ground(told, told.split, 1), spec)


@cache
def weak_in_the_young() -> tuple[Segment, ...]:
    found, told = of_world(), world()
    test = told.split.test
    is_young = told.vectors[test, 11] == 1
    margins = np.where(is_young, np.random.default_rng(0).permutation(found.published.margins), found.published.margins)
    chances = np.where(told.vectors[test, 11] == 2, found.published.chances * 1.5, found.published.chances)
    published = replace(found.published, margins=margins, chances=chances)
    return segments_of(published, found.ground, SPEC)


def test_the_part_where_the_model_is_weak_is_found_and_no_other() -> None:
    found = {one.value: one.finding for one in weak_in_the_young() if one.feature == "age"}

    assert found == {
        "young": "ranks no better than chance",
        "old": "chances too high",
        "older": "",
        "any other": "",
    }


@pytest.mark.parametrize(
    ("auc", "ratio", "finding"),
    [
        ((0.7, 0.6, 0.79), (1.0, 0.9, 1.1), ["ranks worse than over all"]),
        ((0.7, 0.6, 0.81), (1.05, 1.01, 1.1), []),
        ((0.7, 0.4, 0.9), (1.2, 1.1, 1.3), ["ranks no better than chance", "chances too high"]),
        ((0.9, 0.8, 0.95), (0.8, 0.7, 0.9), ["chances too low"]),
    ],
)
def test_a_weakness_needs_its_whole_interval(auc: Bounds, ratio: Bounds, finding: list[str]) -> None:
    assert list(_weaknesses(Interval(*auc), Interval(*ratio), 0.8)) == finding


def test_parts_by_one_column_hold_every_row_of_the_test_once() -> None:
    for feature in {one.feature for one in weak_in_the_young()}:
        parts = [one for one in weak_in_the_young() if one.feature == feature]
        assert sum(one.rows for one in parts) == of_world().judgement.test.rows
        assert sum(one.positives for one in parts) == of_world().judgement.test.positives


def test_activity_is_told_in_thirds_of_the_frequency() -> None:
    rows = [one.rows for one in again(of_world(), world()) if one.by == "activity"]

    assert len(rows) == 3
    assert min(rows) > 60


def test_tenure_is_told_where_a_feature_knows_it_and_missing_stands_apart() -> None:
    tenure = Feature("bought_days_since_first", "history", "bought", "days_since_first", "bought")
    days = np.where(np.arange(len(world())) % 4 == 0, np.nan, np.arange(len(world())) % 100)
    told = planted(world(), tenure, days)

    parts = [one for one in again(of_world(), told) if one.by == "tenure"]

    assert [one.value for one in parts][-1] == "not known"
    assert len(parts) == 4


def test_the_project_file_chooses_what_is_shown_apart() -> None:
    spec = SPEC.model_copy(update={"segments": ("spend_sum_3d",)})

    assert {one.feature for one in again(of_world(), world(), spec)} == {"frequency_target", "spend_sum_3d"}


def test_a_part_with_one_outcome_has_no_ranking() -> None:
    told = world()
    is_first = told.vectors[:, 11] == 1
    labels = np.where(is_first, 0, told.labels).astype(np.int8)

    (part,) = (one for one in again(of_world(), replace(told, labels=labels)) if one.value == "young")

    assert (part.auc, part.ratio, part.finding) == (None, None, "one outcome only")


def test_each_cutoff_is_judged_by_what_was_known_before_it() -> None:
    found = backtest(of_world().published, of_world().ground, SPEC)

    assert [one.kind for one in found] == ["fold", "fold", "test"]
    assert [one.first for one in found] == sorted(one.first for one in found)
    assert all(one.auc and one.auc.low < one.auc.value < one.auc.high for one in found)
    assert found[-1].rows == of_world().judgement.test.rows


def rarer(told: World, kept: float) -> World:
    labels = told.labels.copy()
    test = told.split.test
    labels[test] = np.where(np.random.default_rng(0).random(len(test)) < kept, labels[test], 0)
    return replace(told, labels=labels)


def held() -> World:
    told, rows = world(), of_world().published.forward.rows
    labels, test = told.labels.copy(), told.split.test
    labels[test] = np.arange(len(test)) < len(test) * labels[rows].mean()
    return replace(told, labels=labels)


def shifted(told: World) -> Shift:
    return shift_of(of_world().published, Ground(told, told.split, 1), SPEC)


@pytest.mark.parametrize(("kept", "has_moved"), [(None, False), (0.6, True)])
def test_a_base_rate_that_moves_is_told_and_one_that_holds_is_not(kept: float | None, has_moved: bool) -> None:
    found = shifted(held() if kept is None else rarer(world(), kept))

    assert found.has_moved is has_moved
    assert ("the base rate moved" in found.sentence) is has_moved
    assert ("did not follow" in found.sentence) is has_moved
    assert found.times.value == pytest.approx(1.0 if kept is None else 0.85 * kept, abs=0.05)


def test_chances_moved_to_the_rate_of_the_test_lose_less_when_the_rate_moved() -> None:
    moved, followed = shifted(rarer(world(), 0.6)), shifted(world())

    assert moved.log_loss - moved.log_loss_moved > 0.02
    assert 0 <= followed.log_loss - followed.log_loss_moved < 0.005
    assert "The chances followed" in followed.sentence


def test_all_of_it_is_plain_json() -> None:
    found = trained(world(n_users=60), SPEC.model_copy(update={"trials": 1})).evaluation

    assert {"segments", "backtest", "shift"} <= set(json.loads(json.dumps(found, allow_nan=False)))


def test_the_shift_s_interval_is_of_users() -> None:
    assert isinstance(of_world().shift.times, Interval)
    assert of_world().shift.times.low < of_world().shift.times.value < of_world().shift.times.high
