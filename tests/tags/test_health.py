from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from limner.tags.catalogue import Entry, Model, Rows
from limner.tags.declared import Said
from limner.tags.health import Health, Moved, Use, health_of
from limner.tags.stability import psi_of_counts, psi_of_scores
from limner.timeline import DAY, instant

NOW = instant("2018-01-01")
CALM = Moved(0.0, Said("2017-12-24", " 2017-12-24 "))
ROWS = Rows(100, 0, (), None, None, "1", "2018-01-01T00:00:00Z", None, "2018-01-15T00:00:00Z")
MODEL = Model("1", "forest", "model", "B", Said("Better.", "更好。"), 0.1, "2017-12-01T00:00:00Z", {})
SAID = Said("", "")
ENTRY = Entry("lapse", "predictive", Said("Lapse", "流失"), SAID, (), "", "", "published", 1000, model=MODEL, rows=ROWS)
USED = [Use("rule", "chase"), Use("audience", "save_now", is_sent=True)]


def health(moved: Moved = CALM, uses: list[Use] = USED, now: int = NOW, **changes: Any) -> Health:
    return health_of(replace(ENTRY, **changes), 14 * DAY, now, moved, uses)


def points(found: Health) -> dict[str, int | None]:
    return {part.name: part.points for part in found.parts}


def test_the_whole_is_the_mean_of_its_parts() -> None:
    found = health()

    assert points(found) == {"coverage": 50, "freshness": 100, "stability": 100, "use": 100, "contribution": 75}
    assert (found.points, found.proposal) == (85, None)


def test_what_does_not_apply_does_not_count() -> None:
    found = health(Moved(None, Said("once", "一次")), model=None)

    assert points(found) == {"coverage": 50, "freshness": 100, "stability": None, "use": 100, "contribution": None}
    assert found.points == round(250 / 3)
    assert {part.name: part.said.en for part in found.parts}["stability"] == "once"


def test_a_tag_that_was_never_written_has_no_health() -> None:
    assert health(rows=None) == Health("lapse", ENTRY.title, None)


@pytest.mark.parametrize(("days", "expected"), [(0, 100), (7, 100), (10.5, 50), (14, 0), (20, 0)])
def test_freshness_fades_after_half_of_the_validity(days: float, expected: int) -> None:
    assert points(health(now=NOW + int(days * DAY)))["freshness"] == expected


@pytest.mark.parametrize(("psi", "expected"), [(0.0, 100), (0.10, 100), (0.30, 50), (0.5, 0), (3.0, 0)])
def test_stability_falls_with_the_index(psi: float, expected: int) -> None:
    assert points(health(Moved(psi, CALM.since)))["stability"] == expected


@pytest.mark.parametrize(("grade", "expected"), [("A", 100), ("B", 75), ("C", 50), ("rule", 0), ("unproven", None)])
def test_contribution_follows_the_grade(grade: str, expected: int | None) -> None:
    assert points(health(model=replace(MODEL, grade=grade)))["contribution"] == expected


@pytest.mark.parametrize(("users", "expected"), [(0, 0), (100, 50), (200, 100), (1000, 100)])
def test_coverage_is_enough_from_a_fifth_on(users: int, expected: int) -> None:
    assert points(health(rows=replace(ROWS, users=users)))["coverage"] == expected


@pytest.mark.parametrize(("state", "told"), [("published", "retire it"), ("deprecated", "take it out"), ("draft", "")])
def test_a_tag_that_nobody_uses_is_proposed_for_retirement(state: str, told: str) -> None:
    found = health(uses=[], state=state)

    assert points(found)["use"] == 0
    assert bool(found.proposal) == bool(told)
    assert told in (found.proposal.en if found.proposal else "")


def test_who_uses_a_tag_is_said_in_both_languages() -> None:
    (use,) = [part for part in health().parts if part.name == "use"]

    assert use.said == ("used by rule chase, audience save_now (sent)", "被使用：规则 chase、人群 save_now（已发送）")
    assert health().as_dict()["parts"][3]["said"]["en"] == use.said.en


def test_the_same_scores_have_moved_by_nothing() -> None:
    scores = np.random.default_rng(1).normal(size=5_000)

    assert psi_of_scores(scores, scores) == pytest.approx(0.0)


def test_the_index_is_the_formula() -> None:
    before, now = {"a": 80, "b": 20}, {"a": 60, "b": 40}
    p, q = np.array([80.5, 20.5]) / 101, np.array([60.5, 40.5]) / 101

    assert psi_of_counts(before, now) == pytest.approx(((q - p) * np.log(q / p)).sum())


def test_scores_that_moved_by_a_standard_deviation_have_moved_much() -> None:
    scores = np.random.default_rng(1).normal(size=5_000)

    assert 0.8 < (psi_of_scores(scores, scores + 1.0) or 0.0) < 1.2
    assert (psi_of_scores(scores, scores + 0.1) or 1.0) < 0.1


def test_scores_of_few_values_are_compared_by_value() -> None:
    assert psi_of_scores(np.repeat([1.0, 2.0], 50), np.repeat([1.0, 2.0], [50, 50])) == pytest.approx(0.0)
    assert (psi_of_scores(np.repeat([1.0, 2.0], 50), np.full(100, 2.0)) or 0.0) > 1.0


def test_nobody_cannot_be_compared() -> None:
    assert psi_of_scores(np.zeros(0), np.ones(3)) is None
    assert psi_of_counts({"a": 1}, {}) is None
