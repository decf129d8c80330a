from dataclasses import replace

import numpy as np
import pytest

from limner.features.pace import WEEK, Pace
from limner.models.candidate import Candidate, Ground
from limner.models.fit import Fitting
from limner.timeline import DAY
from tests.models.world import N_CUTOFFS, World, world

QUARTER = 91 * DAY
SWING = np.array([-1.5, 1.5, 0.0, 0.0, -1.5, 1.5])
UNTOLD = np.array([0.0, 1.5, -1.5, 0.0, 0.0, 1.5])


def of_a_year(swing: np.ndarray = SWING, every: int = QUARTER) -> World:
    told = world(n_users=400)
    random = np.random.default_rng(1)
    place = np.repeat(np.arange(N_CUTOFFS), 400)
    margin = told.vectors[:, 0] + swing[place]
    labels = (random.random(len(place)) < 1 / (1 + np.exp(-margin))).astype(np.int8)
    cutoffs = place.astype(np.int64) * every
    return replace(told, labels=labels, cutoffs=cutoffs, label_ends=cutoffs + every)


def proven(told: World, form: str = "linear") -> Candidate:
    params: dict[str, object] = {"strength": 1.0, "is_log": False}
    if form == "rule":
        params = {"column": "spend_sum_1d", "direction": "high"}
    fitting = Fitting(form, "features", told.plan.names, params, 0, 7)  # type: ignore[arg-type]
    return Candidate.proven("model", fitting, Ground(told, told.split, 1))


def seasons(told: World, form: str) -> np.ndarray:
    settings = {"linear": {"strength": 1.0, "is_log": False}, "forest": {"num_leaves": 4, "learning_rate": 0.1}}
    fitting = Fitting(form, "features", told.plan.names, settings[form], 20, 7)  # type: ignore[arg-type]
    return np.array([shift for _, shift in Ground(told, told.split, 1).season(fitting, told.split.train)])


def test_chances_follow_a_season_that_comes_again() -> None:
    told = of_a_year()
    found = proven(told)

    came, unmoved = told.labels[told.split.test].mean(), found.calibration.probability(found.margins).mean()
    assert abs(found.chances.mean() - came) < 0.5 * abs(unmoved - came)
    assert [instant for instant, _ in found.calibration.season] == (np.arange(5) * QUARTER).tolist()


@pytest.mark.parametrize("form", ["linear", "forest"])
def test_cutoffs_that_are_left_out_may_all_be_in_one_season(form: str) -> None:
    told, place = of_a_year(), np.repeat(np.arange(N_CUTOFFS), 400)
    one_sided = replace(told, labels=np.where(place % 2, told.labels, 0).astype(np.int8))

    swinging = seasons(of_a_year(np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0])), form)
    nobody = seasons(one_sided, form)

    assert np.abs(swinging - [-1.0, 1.0, -1.0, 1.0, -1.0]).max() < 0.5
    assert np.abs(nobody).max() < 3.0


def test_of_an_average_one_forest_is_asked_for_half_of_its_rounds() -> None:
    told = of_a_year()
    one, settings = Ground(told, told.split, 1), {"num_leaves": 4, "learning_rate": 0.1}
    first = Fitting("forest", "features", told.plan.names, settings, 9, 7)
    together = first.together([replace(first, params={**settings, "num_leaves": 9})])

    assert one.season(together, told.split.train) == one.season(replace(first, rounds=10), told.split.train)
    assert one.season(first, told.split.train) != one.season(replace(first, rounds=20), told.split.train)


def test_ranks_do_not_follow_it() -> None:
    found = proven(of_a_year())

    assert found.calibration.season
    assert (np.diff(found.chances[np.argsort(found.margins)]) >= 0).all()


@pytest.mark.parametrize("form", ["linear", "rule"])
def test_there_is_no_season_in_less_than_a_year_nor_of_a_rule(form: str) -> None:
    told = of_a_year(every=28 * DAY) if form == "linear" else of_a_year()

    assert proven(told, form).calibration.season == ()
    assert not proven(told, form).forward.shifts.any()


def test_triggers_have_no_season() -> None:
    told = of_a_year()
    triggers = replace(told, trigger_ids=np.array([f"mail {at}" for at in range(len(told.labels))], object))

    assert proven(triggers).calibration.season == ()


def paced(told: World, horizon: int = QUARTER) -> World:
    """The same, with a log that begins a year before the first cutoff and swings as the year does until the test."""
    weeks = np.arange(52 + told.split.test_start // WEEK)
    counts = np.round(300 * np.exp(0.3 * np.sin(2 * np.pi * weeks / 52))).astype(int).tolist()
    return replace(told, pace=Pace(-52 * WEEK, horizon, (*counts, *[0] * 52)))


def test_the_log_before_the_test_says_how_much_of_a_season_is_used() -> None:
    told = of_a_year(UNTOLD)
    half, by_the_log = proven(told).calibration.season, proven(paced(told)).calibration.season

    found = Ground(paced(told), told.split, 1).recurrence
    assert found is not None and found > 0.9
    assert [shift for _, shift in by_the_log] == pytest.approx([2 * found * shift for _, shift in half])


def test_a_log_that_cannot_tell_leaves_half_of_it() -> None:
    told = of_a_year(UNTOLD)

    assert proven(paced(told, horizon=QUARTER * 8)).calibration.season == proven(told).calibration.season
