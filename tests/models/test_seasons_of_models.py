from dataclasses import replace

import numpy as np
import pytest

from limner.models.candidate import Candidate, Ground
from limner.models.fit import Fitting
from limner.timeline import DAY
from tests.models.world import N_CUTOFFS, World, world

QUARTER = 91 * DAY
SWING = np.array([-1.5, 1.5, 0.0, 0.0, -1.5, 1.5])


def of_a_year(swing: float = 1.0, every: int = QUARTER) -> World:
    told = world(n_users=400)
    random = np.random.default_rng(1)
    place = np.repeat(np.arange(N_CUTOFFS), 400)
    margin = told.vectors[:, 0] + swing * SWING[place]
    labels = (random.random(len(place)) < 1 / (1 + np.exp(-margin))).astype(np.int8)
    cutoffs = place.astype(np.int64) * every
    return replace(told, labels=labels, cutoffs=cutoffs, label_ends=cutoffs + every)


def proven(told: World, form: str = "linear") -> Candidate:
    params: dict[str, object] = {"strength": 1.0, "is_log": False}
    if form == "rule":
        params = {"column": "spend_sum_1d", "direction": "high"}
    fitting = Fitting(form, "features", told.plan.names, params, 0, 7)  # type: ignore[arg-type]
    return Candidate.proven("model", fitting, Ground(told, told.split, 1))


def test_chances_follow_a_season_that_comes_again() -> None:
    told = of_a_year()
    found = proven(told)

    came, unmoved = told.labels[told.split.test].mean(), found.calibration.probability(found.margins).mean()
    assert abs(found.chances.mean() - came) < 0.5 * abs(unmoved - came)
    assert [instant for instant, _ in found.calibration.season] == (np.arange(5) * QUARTER).tolist()


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
