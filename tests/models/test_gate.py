from dataclasses import replace
from typing import Any

import pytest

from limner.models.alarms import Alarm
from limner.models.gate import Verdict, compare
from limner.models.spec import GateSpec, TrainingSpec
from limner.models.train import Trained
from tests.models.test_train import SPEC, of_world

LEAK = Alarm("too_good", True, "AUC 0.990 on the test", is_leak=True)


def champion_like(trained: Trained, **changes: Any) -> dict[str, Any]:
    return {"recipe": {**trained.bundle.card["recipe"], **changes}}


def weak(trained: Trained) -> Trained:
    return replace(trained, published=trained.baselines["frequency"])


def test_the_first_model_passes() -> None:
    assert compare(of_world(), None, SPEC) == Verdict(True, ("no champion to compare with",), {})


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
    assert verdict.numbers == {"gain": 0.0, "gain_low": 0.0, "gain_high": 0.0}


def test_a_worse_challenger_is_refused() -> None:
    verdict = compare(weak(of_world()), champion_like(of_world()), SPEC)

    assert not verdict.passed
    assert verdict.numbers["gain_high"] < 0
    assert "max_loss" in verdict.reasons[0]


def test_a_loss_that_is_allowed_passes() -> None:
    spec = TrainingSpec.model_validate({"bootstraps": 100, "gate": {"max_loss": "90%"}})

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
