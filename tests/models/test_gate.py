from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from limner.models.alarms import Alarm
from limner.models.gate import compare
from limner.models.reliability import CalibrationError
from limner.models.spec import GateSpec, TrainingSpec
from limner.models.train import Trained
from tests.models.test_train import SPEC, of_world

LEAK = Alarm("too_good", True, "AUC 0.990 on the test", is_leak=True)


def champion_like(trained: Trained, **changes: Any) -> dict[str, Any]:
    return {"recipe": {**trained.bundle.card["recipe"], **changes}}


def weak(trained: Trained) -> Trained:
    return replace(trained, published=trained.baselines["frequency"])


def test_the_first_model_passes() -> None:
    verdict = compare(of_world(), None, SPEC)

    assert verdict.passed
    assert verdict.reasons == ("no champion to compare with",)
    assert [check.passed for check in verdict.checks] == [True, True, None]


def test_a_leak_stops_even_the_first_model() -> None:
    verdict = compare(replace(of_world(), alarms=(LEAK,)), None, SPEC)

    assert not verdict.passed
    assert "too_good: AUC 0.990 on the test" in verdict.reasons[0]


def test_a_leak_that_is_accepted_by_name_stops_nothing() -> None:
    spec = SPEC.model_copy(update={"gate": GateSpec(accept_alarms=("too_good",))})

    assert compare(replace(of_world(), alarms=(LEAK,)), None, spec).passed


def test_the_same_recipe_again_passes_with_no_difference() -> None:
    verdict = compare(of_world(), champion_like(of_world()), SPEC)

    assert verdict.passed
    assert {name: verdict.numbers[name] for name in ("gain", "gain_low", "gain_high")} == dict.fromkeys(
        ("gain", "gain_low", "gain_high"), 0.0
    )


def test_a_worse_challenger_is_refused() -> None:
    verdict = compare(weak(of_world()), champion_like(of_world()), SPEC)

    assert not verdict.passed
    assert verdict.numbers["gain_high"] < 0
    assert "max_loss" in verdict.reasons[0]


def test_a_loss_that_is_allowed_passes() -> None:
    spec = TrainingSpec.model_validate({"bootstraps": 100, "gate": {"max_loss": "90%", "worst_loss": "95%"}})

    assert compare(weak(of_world()), champion_like(of_world()), spec).passed


def test_a_better_challenger_passes() -> None:
    rule = of_world().baselines["frequency"].fitting

    verdict = compare(of_world(), {"recipe": rule.as_dict()}, SPEC)

    assert verdict.passed
    assert verdict.numbers["gain_low"] > 0


@pytest.mark.parametrize("source", ["features", "baseline"])
def test_a_champion_that_reads_lost_columns_is_not_compared(source: str) -> None:
    verdict = compare(of_world(), champion_like(of_world(), source=source, names=["gone"]), SPEC)

    assert verdict.passed
    assert "gone" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("noise", "gate", "is_passed"),
    [
        (0.3, {"max_loss": "1%"}, False),
        (0.3, {"max_loss": "50%", "worst_loss": "1%"}, False),
        (0.3, {"max_loss": "50%", "worst_loss": "60%"}, True),
    ],
)
def test_a_loss_that_chance_may_explain_is_still_a_risk(noise: float, gate: dict[str, str], is_passed: bool) -> None:
    found = of_world()
    margins = found.published.margins + np.random.default_rng(0).normal(0, noise, len(found.published.margins))
    spec = TrainingSpec.model_validate({"bootstraps": 100, "gate": gate})

    verdict = compare(replace(found, published=replace(found.published, margins=margins)), champion_like(found), spec)

    assert verdict.numbers["gain"] < 0
    assert verdict.passed is is_passed


def miscalibrated(trained: Trained, value: float) -> Trained:
    error = CalibrationError(value, value, value, 0.01, 0.02)
    errors = {**trained.judgement.calibration_error, trained.published.name: error}
    return replace(trained, judgement=replace(trained.judgement, calibration_error=errors))


@pytest.mark.parametrize(("value", "is_passed"), [(0.03, True), (0.2, False)])
@pytest.mark.parametrize("has_champion", [True, False])
def test_chances_that_are_off_by_more_than_luck_are_refused(value: float, is_passed: bool, has_champion: bool) -> None:
    champion = champion_like(of_world()) if has_champion else None

    verdict = compare(miscalibrated(of_world(), value), champion, SPEC)

    assert verdict.passed is is_passed
    assert verdict.numbers["calibration_error"] == value


def test_chances_that_are_off_no_further_than_the_champions_are_let_through() -> None:
    found = miscalibrated(of_world(), 0.05)
    chances = np.clip(of_world().published.chances + 0.2, 0, 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("limner.models.gate.Candidate.proven", lambda *_: replace(found.published, chances=chances))
        verdict = compare(found, champion_like(found), SPEC)

    assert verdict.passed
    assert verdict.numbers["champion_calibration_error"] > 0.05


def test_an_accepted_alarm_is_counted_and_named() -> None:
    spec = SPEC.model_copy(update={"gate": GateSpec(accept_alarms=("too_good",))})

    (alarms, *_) = compare(replace(of_world(), alarms=(LEAK,)), None, spec).checks

    assert alarms.evidence == "the project file accepts what is raised: too_good"
    assert alarms.numbers == {"leak_alarms": 1.0, "leak_alarms_accepted": 1.0}
