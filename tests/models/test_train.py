import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from limner.models.forest_reference import ReferenceScorer
from limner.models.mean import MeanScorer
from limner.models.spec import TrainingSpec
from limner.models.train import Memory, Trained, train_tag
from limner.progress import Silent
from tests.models.world import SUBJECT, World, leaking, world

SPEC = TrainingSpec(trials=3, folds=2, bootstraps=100)
AT_ONCE = SPEC.model_copy(update={"trials": 1, "selection": False})
"""Where it does not matter how good the model is."""


def trained(told: World, spec: TrainingSpec = SPEC) -> Trained:
    with TemporaryDirectory() as folder:
        return train_tag(told, told.split, spec, SUBJECT, Memory(Path(folder) / "journal"), Silent())


@cache
def of_world() -> Trained:
    return trained(world())


def test_a_planted_signal_beats_the_rules_and_is_published() -> None:
    found = of_world()

    assert found.judgement.grade.letter in {"A", "B"}
    assert found.published is found.model
    assert found.bundle.card["form"] == "forest_linear"
    assert found.bundle.card["ladder"]["en"] == found.recipe.sentence


def test_the_same_seed_gives_the_same_model_and_numbers() -> None:
    again = trained(world())

    assert again.bundle.hash == of_world().bundle.hash
    assert again.evaluation == of_world().evaluation


def test_another_seed_gives_another_model() -> None:
    assert trained(world(), SPEC.model_copy(update={"seed": 8})).bundle.hash != of_world().bundle.hash


def test_without_a_signal_the_rule_is_published() -> None:
    found = trained(world(strength=0.0))

    assert found.judgement.grade.letter == "rule"
    assert found.published.name in {"recency", "frequency", "rfm"}
    assert found.bundle.card["ladder"]["en"] == f"{found.recipe.sentence}; it did not beat the rule, which is published"
    assert found.bundle.plan == world().baseline_plan


def test_few_people_get_a_rule_and_no_search() -> None:
    found = trained(world(n_users=20))

    assert found.tuned is None
    assert found.bundle.card["form"] == "rule"
    assert found.bundle.card["ladder"]["zh"] == "人数太少，只用规则"
    assert found.judgement.grade.letter == "unproven"


def test_luck_in_a_small_test_publishes_no_model() -> None:
    found = trained(world(seed=4, n_users=300, strength=0.0, base=-2.6), SPEC.model_copy(update={"trials": 2}))

    assert found.judgement.grade.letter == "unproven"
    assert found.judgement.gain.interval.value > 0.25
    assert found.published.name in found.baselines


def test_a_small_test_does_not_stop_a_model_that_was_better_before_it() -> None:
    found = trained(world(n_users=120), SPEC.model_copy(update={"trials": 2}))

    assert found.judgement.grade.letter == "unproven"
    assert found.published is found.model


def test_the_test_teaches_nothing() -> None:
    told = world()
    labels = told.labels.copy()
    labels[told.split.test] = np.roll(labels[told.split.test], 1)
    other = trained(replace(told, labels=labels))

    assert other.model.scorer.to_text() == of_world().model.scorer.to_text()
    assert other.model.calibration == of_world().model.calibration


def test_what_is_published_saw_every_row_and_what_was_judged_did_not() -> None:
    found = of_world()

    assert found.bundle.scorer.to_text() != found.model.scorer.to_text()
    assert found.bundle.calibration == found.model.calibration
    assert found.bundle.card["trained_until"] == "1970-06-18T00:00:00Z"


def test_the_spread_of_the_forward_scores_is_kept() -> None:
    found = of_world()
    margins = found.published.forward.margins

    spread = found.bundle.card["spread"]

    assert spread == sorted(spread)
    assert (len(spread), spread[0], spread[100], spread[-1]) == (201, margins.min(), np.median(margins), margins.max())


def test_a_planted_leak_raises_its_alarms() -> None:
    alarms = {alarm.name: alarm.raised for alarm in trained(leaking(world()), AT_ONCE).alarms}

    assert [name for name, raised in alarms.items() if raised] == ["too_good", "one_property", "only_positives"]


def test_a_clean_world_raises_none() -> None:
    assert not [alarm for alarm in of_world().alarms if alarm.raised and alarm.is_leak]


def test_the_evaluation_is_plain_json() -> None:
    written = json.loads(json.dumps(of_world().evaluation, allow_nan=False))

    assert written["published"] == "model"
    assert set(written["measures"]) == {"model", "recency", "frequency", "rfm"}


def test_an_absence_turns_the_rules_around() -> None:
    told = world()
    with TemporaryDirectory() as folder:
        subject = replace(SUBJECT, is_absence=True)
        other = train_tag(told, told.split, AT_ONCE, subject, Memory(Path(folder) / "journal"), Silent())

    for rule in ("recency", "frequency"):
        directions = {found.baselines[rule].fitting.params["direction"] for found in (other, of_world())}
        assert directions == {"high", "low"}, rule


def test_a_forest_that_is_not_lightgbms_own_is_scored_by_lightgbm(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("limner.models.forest_check.difference", lambda scorer: "a planted difference")

    found = trained(world(), AT_ONCE)

    assert isinstance(found.bundle.scorer, MeanScorer)
    assert isinstance(found.bundle.scorer.parts[0], ReferenceScorer)
    assert "a planted difference; LightGBM itself will score this model" in caplog.text


def test_the_champions_settings_are_tried_first() -> None:
    best = of_world().model.fitting
    with TemporaryDirectory() as folder:
        memory = Memory(Path(folder) / "journal", best)
        short = SPEC.model_copy(update={"trials": len(best.members)})
        found = train_tag(world(), world().split, short, SUBJECT, memory, Silent())

    assert found.model.fitting == best


def test_bounds_of_the_project_file_reach_the_recipe() -> None:
    found = trained(world(n_users=150), SPEC.model_copy(update={"trials": 1, "monotone": {"spend_sum_1d": "rising"}}))

    assert found.model.fitting.params["monotone"] == {"spend_sum_1d": 1}
    assert found.bundle.card["recipe"]["params"]["monotone"] == {"spend_sum_1d": 1}
