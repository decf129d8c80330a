import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from limner.models.bundle import read_bundle, write_bundle
from limner.models.candidate import Ground
from limner.models.gate import Verdict
from limner.models.registry import Record
from limner.models.spec import TrainingSpec
from limner.models.train import Memory
from limner.models.value.dossier import record_of_amounts
from limner.models.value.estimate import Estimate
from limner.models.value.gate import compare_amounts
from limner.models.value.train import ValueTrained, train_amounts
from limner.progress import Silent
from tests.models.value.world import buying_world, paying_world
from tests.models.world import SUBJECT, World, planted

SPEC = TrainingSpec(trials=4, folds=2, bootstraps=100)
LINEAGE = {"log version": "3"}


def trained(told: World, spec: TrainingSpec = SPEC) -> ValueTrained:
    with TemporaryDirectory() as folder:
        return train_amounts(told, told.split, spec, SUBJECT, Memory(Path(folder) / "journal"), Silent())


@cache
def of_world() -> ValueTrained:
    return trained(paying_world(refunds=0.02))


@cache
def record() -> Record:
    return record_of_amounts(of_world(), verdict(), LINEAGE, "version: 1")


@cache
def verdict() -> Verdict:
    return compare_amounts(of_world(), None, SPEC)


def test_planted_amounts_beat_the_rules_and_are_published() -> None:
    found = of_world()

    assert found.published.name == "model"
    assert found.judgement.grade.letter in {"A", "B"}
    assert "less deviance" in found.judgement.grade.en
    assert set(found.found.losses if found.found else ()) == {"regression", "tweedie", "two stages"}


def test_ways_that_lose_less_together_are_averaged_the_best_of_them_first() -> None:
    found = of_world().found
    assert found is not None
    assert found.averaged[0] == min(found.losses, key=lambda way: found.losses[way])
    assert len(found.averaged) == len(found.model.fitting.parts) > 1
    assert found.model.forward.margins == pytest.approx(
        of_world().ground.forward(found.model.fitting).margins, abs=1e-9
    )


def test_trees_that_are_bound_stay_among_themselves() -> None:
    told = trained(paying_world(120), SPEC.model_copy(update={"monotone": {"spend_sum_3d": "rising"}}))
    assert told.found is not None
    assert set(told.found.losses) <= {"tweedie", "two stages"}


def test_of_a_count_bgnbd_is_one_of_the_ways() -> None:
    told = buying_world(120)
    found = trained(told)
    assert found.found is not None
    assert "BG/NBD" in found.found.averaged
    assert found.published is (found.model if found.choice.is_model else found.rules[found.choice.rule])


def test_amounts_are_ranked_added_up_and_covered() -> None:
    measures = of_world().judgement.measures["model"]
    assert measures["gini"].value > 0.6
    assert measures["total_ratio"].low < 1.0 < measures["total_ratio"].high
    assert measures["under_high"].value == pytest.approx(0.9, abs=0.05)
    assert measures["under_low"].value <= 0.13


def test_the_tests_amounts_teach_nothing() -> None:
    told = paying_world(60)
    test, amounts = told.split.test, told.amounts.copy() if told.amounts is not None else np.zeros(0)
    amounts[test] *= 100
    other = replace(told, amounts=amounts)
    fitting = of_world().published.fitting
    once, again = (Estimate.proven("model", fitting, Ground(one, told.split, 1)) for one in (told, other))
    assert once.scorer.to_text() == again.scorer.to_text()
    assert once.calibration == again.calibration


def test_the_bundle_comes_back_and_tells_amounts(tmp_path: Path) -> None:
    bundle, X = of_world().bundle.at_version("1"), of_world().ground.dataset.vectors[:50]
    write_bundle(tmp_path / "1", bundle)
    found = read_bundle(tmp_path / "1")
    told = found.calibration.told(found.scorer.margin(X))
    assert (set(told), found.card["learned"]) == ({"expected", "low", "median", "high"}, "amount")
    np.testing.assert_array_equal(told["expected"], bundle.calibration.told(bundle.scorer.margin(X))["expected"])


def test_the_bundle_keeps_what_the_test_showed() -> None:
    found, proof = of_world(), of_world().bundle.card["proof"]

    assert json.loads(json.dumps(proof, allow_nan=False)) == proof
    assert sum(one["rows"] for one in proof["tenths"]) == found.judgement.test.rows == proof["test"]["rows"]
    assert [one["expected"] for one in proof["tenths"]] == sorted(one["expected"] for one in proof["tenths"])
    came = sum(one["rows"] * one["came"]["value"] for one in proof["tenths"])
    assert came == pytest.approx(found.judgement.came)
    assert 0 < sum(one["share"] for one in proof["drivers"]) <= 1 + 1e-9


def test_where_everybody_has_an_amount_there_is_one_stage() -> None:
    told = paying_world(120)
    amounts = np.maximum(told.amounts if told.amounts is not None else 0.0, 1.0)
    told = replace(told, amounts=amounts, labels=np.ones(len(told), np.int8))
    found = trained(told)
    assert set(found.found.losses if found.found else ()) == {"regression", "tweedie"}
    assert found.judgement.grade.letter != "unproven"


def test_more_taken_back_than_bought_breaks_nothing() -> None:
    told = paying_world(60)
    assert told.amounts is not None
    found = trained(replace(told, amounts=np.where(told.labels == 1, told.amounts, -500.0)))
    assert "total_ratio" not in found.bundle.card["metrics"]
    assert compare_amounts(found, None, SPEC).checks[1].passed is None
    assert found.bundle.at_version("1").hash


def test_few_people_get_the_rule_that_lost_least_before_the_test() -> None:
    found = trained(paying_world(24))
    plain = {name: one.forward_loss for name, one in found.rules.items() if name != "rfm"}
    assert found.recipe.form == "rule"
    assert (found.found, found.published.name) == (None, min(plain, key=lambda name: plain[name]))
    assert found.judgement.grade.letter == "unproven"


def test_the_gate_lets_a_first_model_through_and_refuses_what_is_far_off() -> None:
    found = of_world()
    assert verdict().passed
    measures = found.judgement.measures["model"]
    off = {**measures, "total_ratio": measures["total_ratio"]._replace(value=1.5, low=1.4, high=1.6)}
    judgement = replace(found.judgement, measures={**found.judgement.measures, "model": off})
    refused = compare_amounts(replace(found, judgement=judgement), None, SPEC)
    assert refused.reasons == (
        "1.50 was expected for each 1 that came (1.40 to 1.60); training.gate.max_total_off allows 20%",
    )


def test_a_recipe_against_itself_gains_nothing() -> None:
    ranking = compare_amounts(of_world(), of_world().bundle.card, SPEC).checks[2]
    assert (ranking.passed, ranking.numbers["gain"]) == (True, 0.0)


def test_a_column_that_knows_the_amount_raises_alarms() -> None:
    told = paying_world(120)
    leak = replace(told.plan.features[-1], name="score", source="score", type="number", texts=())
    found = trained(planted(told, leak, np.asarray(told.amounts)))
    raised = {alarm.name for alarm in found.alarms if alarm.raised}
    assert {"too_good", "one_property", "undated_attribute"} <= raised
    assert not compare_amounts(found, None, SPEC).passed


@pytest.mark.parametrize(
    "told",
    ["less deviance", "held by top 10 %", "between their bounds", "two stages", "off_base_rate", "came, mean"],
)
def test_the_card_tells(told: str) -> None:
    page = record().files["card.html"].decode()
    assert told in page.replace("\n", " ")
    assert page.count("<svg") == 6


def test_the_record_names_no_user_and_all_measures() -> None:
    texts = [content.decode(errors="replace") for content in record().files.values()]
    assert not [text for text in texts if any(user in text for user in of_world().ground.dataset.users[:20])]
    assert {"model.gini", "model.deviance", "rfm.total_ratio", "gain", "base.deviance", "seconds"} <= set(
        record().metrics
    )
