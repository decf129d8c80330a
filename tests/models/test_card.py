from dataclasses import replace
from functools import cache

import pytest

from limner.models.alarms import Alarm
from limner.models.card import pictures_of, render_card
from limner.models.dossier import record_of
from limner.models.gate import Check, Verdict
from limner.models.registry import Record
from limner.models.season import YEAR
from tests.models.test_train import SPEC, of_world, trained
from tests.models.world import world

PASSED = Verdict((Check("ranking", None, "no champion to compare with"),))
REFUSED = Verdict((Check("calibration", False, "chances are off by 9.1 points", {"calibration_error": 0.091}),))
LINEAGE = {"log version": "3", "definition": "d" * 64}


@cache
def pictures() -> dict[str, str]:
    return pictures_of(of_world())


@cache
def card() -> str:
    return render_card(of_world(), PASSED, LINEAGE, pictures())


@cache
def kept() -> Record:
    return record_of(of_world(), PASSED, LINEAGE, "version: 1")


@pytest.mark.parametrize(
    "told",
    [
        "Will stay away",
        "不再购买",
        "Buys nothing in 28 days.",
        "more average precision",
        "fitted again on all mature rows",
        "95 % intervals from 100 resamplings",
        "d" * 64,
        "trials = 3",
        "What moves the score",
    ],
)
def test_the_card_tells(told: str) -> None:
    assert told in card().replace("\n", " ")


def test_the_card_needs_no_other_file() -> None:
    assert card().count("<svg") == 6
    assert "<script" not in card()
    assert "url(http" not in card()


def test_the_card_tells_of_each_forest_in_an_average() -> None:
    found = of_world()
    forest = replace(found.model.fitting, params={"num_leaves": 8, "monotone": {"a": 1}}, rounds=20)
    published = replace(found.published, fitting=forest.together([replace(forest, params={"num_leaves": 3})]))

    told = render_card(replace(found, published=published), PASSED, LINEAGE, pictures())

    for line in ("forest 1: num_leaves = 8, rounds = 20", "forest 2: num_leaves = 3, rounds = 20", "rounds = 40, "):
        assert f"<code>{line}" in told


def test_a_record_tells_of_each_forest_by_itself() -> None:
    found = of_world()
    forest = replace(found.model.fitting, params={"num_leaves": 8}, rounds=20)
    average = forest.together([replace(forest, params={"num_leaves": 3})])
    stages = replace(average, form="two_stage", params={"chance": average.as_stage, "amount": forest.as_stage})

    told = [
        record_of(replace(found, published=replace(found.published, fitting=one)), PASSED, LINEAGE, "").params
        for one in (average, stages)
    ]

    assert (told[0]["forest_1.num_leaves"], told[0]["forest_2.num_leaves"]) == (8, 3)
    assert (told[1]["chance.forest_2.num_leaves"], told[1]["amount.num_leaves"]) == (3, 8)


def test_texts_of_the_project_file_are_escaped() -> None:
    hostile = replace(of_world(), subject=replace(of_world().subject, title="<script>alert(1)</script>"))

    assert "<script>" not in render_card(hostile, PASSED, LINEAGE, pictures())


def test_a_leak_is_told_before_the_grade() -> None:
    leaking_one = replace(of_world(), alarms=(Alarm("too_good", True, "AUC 0.990", is_leak=True),))

    told = render_card(leaking_one, PASSED, LINEAGE, pictures())

    assert 0 < told.find("1 of 1 alarms point to a leak") < told.find("more average precision")


def test_no_user_is_named() -> None:
    record = kept()

    texts = [content.decode(errors="replace") for content in record.files.values()]
    assert not [text for text in texts if any(user in text for user in world().users[:20])]


def test_pictures_are_the_same_each_time() -> None:
    assert pictures_of(of_world()) == pictures()


def test_a_record_holds_the_whole_story() -> None:
    record = kept()

    names = {"gains.svg", "lift.svg", "reliability.svg", "classes.svg", "summary.svg", "importance.svg"}
    assert set(record.files) == {*names, "card.html", "evaluation.json", "config.yaml"}
    assert record.metrics["gain"] == of_world().judgement.gain.interval.value


def test_a_record_counts_everything_that_is_judged() -> None:
    record = kept()

    shares = {f"{name}_{share}" for name in ("lift", "gain") for share in (1, 5, 10, 20)}
    measures = {"auc", "average_precision", "log_loss", "brier", "ece", *shares}
    assert {f"{name}.{one}" for name in ("model", "rfm", "recency") for one in measures} <= set(record.metrics)
    assert {"base.log_loss", "base.brier"} <= set(record.metrics)
    assert {f"by_cutoff.{one}" for one in measures} <= set(record.series)
    assert {"trials", "folds", "test_start", "train_rows", "calibration"} <= set(record.params)


def test_stretches_on_the_card_are_of_what_is_published() -> None:
    found = trained(world(n_users=150, seed=1, strength=0.0), SPEC.model_copy(update={"trials": 1}))

    tested = [one for one in found.backtest if one.kind == "test"]

    assert found.published.name != "model"
    assert [one.auc.value for one in tested if one.auc] == [
        row["auc"] for row in found.judgement.by_cutoff[found.published.name]
    ]
    assert f">{tested[0].rate:.1%}</td>" in render_card(found, PASSED, LINEAGE, pictures())


@pytest.mark.parametrize(
    "told",
    [
        "Weak in 1 of 1 parts",
        "the base rate moved",
        "AUC from",
        "on later forward folds",
        "no champion to compare with",
    ],
)
def test_the_card_tells_where_it_is_weak(told: str) -> None:
    weak = replace(of_world().segments[0], finding="ranks worse than over all")
    page = render_card(replace(of_world(), segments=(weak,)), PASSED, LINEAGE, pictures())

    assert told in page.replace("\n", " ")


def test_a_refusal_is_on_the_card_and_in_the_record() -> None:
    record = record_of(of_world(), REFUSED, LINEAGE, "version: 1")

    assert "The gate keeps it from being published" in record.files["card.html"].decode()
    assert record.metrics["gate.passed"] == 0.0
    assert record.metrics["gate.calibration_error"] == 0.091
    assert record.lineage["limner.gate reasons"] == "chances are off by 9.1 points"


@pytest.mark.parametrize(("shift", "told"), [(0.5, "came more often"), (-0.5, "were lowered by"), (0.0, "")])
def test_the_card_says_what_the_season_did(shift: float, told: str) -> None:
    found = of_world()
    cutoffs, test = found.ground.dataset.cutoffs, found.ground.split.test
    calibration = replace(found.published.calibration, season=((int(cutoffs[test].min()) - YEAR, shift),))
    chances = calibration.probability(found.published.margins, cutoffs[test])
    seasonal = replace(found, published=replace(found.published, calibration=calibration, chances=chances))

    page = render_card(seasonal, PASSED, LINEAGE, pictures())

    assert ("They follow the season" in page) is bool(told)
    assert told in page
