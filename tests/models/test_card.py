from dataclasses import replace
from functools import cache

import pytest

from limner.models.alarms import Alarm
from limner.models.card import figures_of, render_card
from limner.models.dossier import record_of
from limner.models.gate import Verdict
from limner.models.plots import png
from tests.models.test_train import SPEC, of_world, trained
from tests.models.world import world

LINEAGE = {"log version": "3", "definition": "d" * 64}


@cache
def card() -> str:
    return render_card(of_world(), LINEAGE, figures_of(of_world()))


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
    assert card().count("<svg") == 5
    assert "<script" not in card()
    assert "url(http" not in card()


def test_texts_of_the_project_file_are_escaped() -> None:
    hostile = replace(of_world(), subject=replace(of_world().subject, title="<script>alert(1)</script>"))

    assert "<script>" not in render_card(hostile, LINEAGE, figures_of(hostile))


def test_a_leak_is_told_before_the_grade() -> None:
    leaking_one = replace(of_world(), alarms=(Alarm("too_good", True, "AUC 0.990", is_leak=True),))

    told = render_card(leaking_one, LINEAGE, figures_of(leaking_one))

    assert 0 < told.find("1 of 1 alarms point to a leak") < told.find("more average precision")


def test_no_user_is_named() -> None:
    record = record_of(of_world(), Verdict(True, (), {}), LINEAGE, "version: 1")

    texts = [content.decode(errors="replace") for content in record.files.values()]
    assert not [text for text in texts if any(user in text for user in world().users[:20])]


def test_pictures_are_the_same_each_time() -> None:
    once, again = ({name: png(one) for name, one in figures_of(of_world()).items()} for _ in range(2))

    assert once == again


def test_a_record_holds_the_whole_story() -> None:
    record = record_of(of_world(), Verdict(True, (), {}), LINEAGE, "version: 1")

    pictures = {"gains.png", "reliability.png", "classes.png", "summary.png", "importance.png"}
    assert set(record.files) == {*pictures, "card.html", "evaluation.json", "config.yaml"}
    assert record.metrics["gain"] == of_world().judgement.gain.interval.value


def test_a_record_counts_everything_that_is_judged() -> None:
    record = record_of(of_world(), Verdict(True, (), {}), LINEAGE, "version: 1")

    shares = {f"{name}_{share}" for name in ("lift", "gain") for share in (1, 5, 10, 20)}
    measures = {"auc", "average_precision", "log_loss", "brier", "ece", *shares}
    assert {f"{name}.{one}" for name in ("model", "rfm", "recency") for one in measures} <= set(record.metrics)
    assert {"base.log_loss", "base.brier"} <= set(record.metrics)
    assert {f"by_cutoff.{one}" for one in measures} <= set(record.series)
    assert {"trials", "folds", "test_start", "train_rows", "calibration"} <= set(record.params)


def test_periods_on_the_card_are_of_what_is_published() -> None:
    found = trained(world(n_users=150, strength=0.0), SPEC.model_copy(update={"trials": 1}))
    by_cutoff = {**found.judgement.by_cutoff}
    by_cutoff[found.published.name] = [{**by_cutoff[found.published.name][0], "auc": 0.12345}]
    told = replace(found, judgement=replace(found.judgement, by_cutoff=by_cutoff))

    assert found.published.name != "model"
    assert "<td>0.123</td>" in render_card(told, LINEAGE, figures_of(told))
