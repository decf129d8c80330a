from dataclasses import replace

import numpy as np
import pytest

from limner.errors import RefusedError
from limner.models.fit import Fitting, fit
from limner.models.loglinear import fit_log_mean
from limner.models.objectives import OBJECTIVES, deviances
from limner.models.rehearsal import Rehearsal, best_rounds
from limner.models.table import table_of
from tests.models.tables import table
from tests.models.value.world import paying_world

TREES = {"num_leaves": 6, "min_data_in_leaf": 20, "learning_rate": 0.2}


def test_a_log_mean_finds_the_weights_that_made_the_amounts() -> None:
    random = np.random.default_rng(3)
    design = np.column_stack([np.ones(20_000), random.normal(size=20_000)])
    amounts = 100 * random.gamma(2.0, np.exp(design @ [0.5, 0.8]) / 2.0) * (random.random(20_000) < 0.4)
    weights = fit_log_mean(design, amounts, np.zeros(2))
    assert weights.tolist() == pytest.approx([0.5 + np.log(40), 0.8], abs=0.05)
    assert np.exp(design @ weights).sum() == pytest.approx(amounts.sum())


def test_the_unit_of_amounts_changes_the_intercept_alone() -> None:
    random = np.random.default_rng(4)
    design, amounts = np.column_stack([np.ones(500), random.normal(size=500)]), random.exponential(size=500)
    euros, cents = (fit_log_mean(design, amounts * unit, np.array([0.0, 5.0])) for unit in (1.0, 100.0))
    assert (cents - euros).tolist() == pytest.approx([np.log(100), 0.0], abs=1e-6)


def test_the_second_stage_learns_from_those_who_have_an_amount() -> None:
    told = table_of(paying_world(60), "features")
    assert set(OBJECTIVES["gamma"].rows(told).labels) == {1}
    assert (OBJECTIVES["gamma"].targets(OBJECTIVES["gamma"].rows(told)) > 0).all()


def test_refunds_are_nothing_to_trees() -> None:
    told = table_of(paying_world(200, refunds=0.2), "features")
    assert told.amounts is not None
    assert told.amounts.min() < 0
    assert OBJECTIVES["tweedie"].targets(told).min() == 0


@pytest.mark.parametrize("power", [1.1, 1.7])
def test_settings_of_any_power_are_judged_by_the_same_loss(power: float) -> None:
    told = table_of(paying_world(120), "features")
    assert told.amounts is not None
    train, valid = np.arange(400), np.arange(400, 720)
    params = {**TREES, "objective": "tweedie", "tweedie_variance_power": power}
    fitting = Fitting("forest", "features", told.names, params, 0, 7)
    found = Rehearsal(told, train, valid, fitting.objective).attempt(fitting, 1)
    rounds, _ = best_rounds([found])
    scorer = fit(replace(fitting, rounds=rounds), told.at(train))
    margins = scorer.margin(told.vectors[valid])
    amounts = np.maximum(told.amounts[400:720], 0.0)
    levels = np.linspace(-1.0, 1.0, 401)
    assert found.log_loss == pytest.approx(
        min(deviances(np.exp(margins + by), amounts).mean() for by in levels), rel=1e-4
    )


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_common_shift_of_all_margins_loses_nothing(name: str) -> None:
    objective, random = OBJECTIVES[name], np.random.default_rng(5)
    margins = random.normal(size=300)
    sizes = np.ones(300) if name == "binary" else random.gamma(2.0, size=300)
    targets = np.where(random.random(300) < 0.3, sizes, 0.1 if name == "gamma" else 0.0)

    least = objective.loss_of(margins, targets)

    assert objective.loss_of(margins + 3.0, targets) == pytest.approx(least)
    assert least < objective.losses(margins, targets).mean()
    for by in (-0.01, 0.01):
        shifted = margins + objective.shift(margins, targets) + by
        assert objective.losses(shifted, targets).mean() > least


@pytest.mark.parametrize("name", OBJECTIVES)
def test_margins_are_those_of_what_lightgbm_tells(name: str) -> None:
    margins = np.array([-3.0, 0.0, 2.0])
    told = 1 / (1 + np.exp(-margins)) if name == "binary" else np.exp(margins)

    assert OBJECTIVES[name].margins(told).tolist() == pytest.approx(margins.tolist())
    assert np.isfinite(OBJECTIVES[name].margins(np.array([0.0, 1.0]))).all()


@pytest.mark.parametrize("level", [-800.0, -40.0, 0.0, 8.0, 40.0, 200.0])
def test_outcomes_that_are_all_alike_and_margins_far_out_have_a_loss(level: float) -> None:
    margins = level + np.linspace(-1.0, 1.0, 9)

    loss_of, size = OBJECTIVES["binary"].loss_of, np.abs(margins)
    nobody, everybody = loss_of(-size, np.zeros(9)), loss_of(size, np.ones(9))

    assert max(nobody, everybody) < 1e-9
    assert np.isfinite(loss_of(margins, np.arange(9.0) % 2.0))


def test_rows_without_amounts_cannot_teach_any() -> None:
    fitting = Fitting("forest", "features", table().names, {**TREES, "objective": "tweedie"}, 3, 7)
    with pytest.raises(RefusedError, match="yes-or-no outcome meet a model of amounts"):
        fit(fitting, table())
