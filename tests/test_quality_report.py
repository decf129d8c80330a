from typing import Any

import pytest

from benchmarks.quality.report import beside_known, tables


def row(
    system: str, value: float | None, metric: str = "auc", task: str = "lapse", day: str = "today"
) -> dict[str, Any]:
    nothing = dict.fromkeys(("low", "high", "published", "seconds", "ahead", "ahead_low", "ahead_high"))
    told = {"dataset": "shop", "task": task, "system": system, "metric": metric, "value": value, "source": ""}
    return {**nothing, **told, "cutoffs": "Judged once", "rows": 10, "positives": 3, "about": "", "measured": day}


@pytest.mark.parametrize(("metric", "ahead"), [("auc", 0.1), ("mean_squared_error", -0.1)])
def test_rivals_that_did_not_run_are_kept_without_an_interval(metric: str, ahead: float) -> None:
    known = [row("limner", 0.7, metric), {**row("flaml", 0.6, metric), "ahead_low": 0.0, "ahead_high": 0.2}]

    own, kept = beside_known([row("limner", 0.7, metric)], known)

    assert (own["system"], kept["system"]) == ("limner", "flaml")
    assert kept["ahead"] == pytest.approx(ahead)
    assert (kept["ahead_low"], kept["ahead_high"]) == (None, None)


def test_what_ran_again_and_other_tasks_are_not_kept() -> None:
    known = [row("limner", 0.5), row("flaml", 0.6, task="coupon"), row("flaml", 0.6, metric="brier")]

    assert list(beside_known([row("limner", 0.7)], known)) == [row("limner", 0.7)]


def test_the_table_says_when_a_rival_was_measured() -> None:
    page = tables([{**row("limner", 0.7), "about": "the model"}, {**row("flaml", 0.6, day="then"), "about": "60 s"}])

    assert "- limner: the model\n" in page
    assert "- flaml: 60 s; measured on then beside an earlier Limner" in page
