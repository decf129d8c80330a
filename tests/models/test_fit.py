import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from limner.models.fit import Fitting, fit
from limner.models.ladder import Form
from limner.models.rehearsal import Attempt, Rehearsal, best_rounds
from limner.models.table import Table
from tests.models.tables import table

NAMES = table(10).names
FOREST = Fitting("forest", "features", NAMES, {"learning_rate": 0.1, "num_leaves": 6}, 20, 7)
LINEAR = Fitting("linear", "features", NAMES, {"strength": 1.0, "is_log": False}, 0, 7)
RULE = Fitting("rule", "features", NAMES, {"column": "spend_sum_1d", "direction": "low"}, 0, 7)
FITTINGS = {fitting.form: fitting for fitting in (FOREST, LINEAR, RULE)}


def rehearsed(told: Table) -> Rehearsal:
    train, valid = np.split(np.arange(len(told.labels)), 2)
    return Rehearsal(told, train, valid, FOREST.objective)


def test_trees_score_here_as_they_do_in_lightgbm() -> None:
    import lightgbm as lgb

    rows = table()
    scorer = fit(FOREST, rows)

    theirs = lgb.Booster(model_str=scorer.to_text()).predict(rows.vectors, raw_score=True, num_threads=1)

    np.testing.assert_allclose(scorer.margin(rows.vectors), theirs, rtol=1e-12)


@pytest.mark.parametrize("form", FITTINGS)
def test_the_same_rows_make_the_same_text(form: Form) -> None:
    assert fit(FITTINGS[form], table()).to_text() == fit(FITTINGS[form], table()).to_text()


def test_more_threads_change_nothing() -> None:
    one, two = fit(FOREST, table(), threads=1).to_text(), fit(FOREST, table(), threads=2).to_text()

    assert one == two


@pytest.mark.parametrize("form", FITTINGS)
def test_a_recipe_survives_being_written(form: Form) -> None:
    assert Fitting.from_dict(FITTINGS[form].as_dict()) == FITTINGS[form]


@pytest.mark.parametrize("form", FITTINGS)
def test_every_form_finds_the_planted_signal(form: Form) -> None:
    rows = table()

    margins = fit(FITTINGS[form], rows).margin(rows.vectors)

    assert margins[rows.labels == 1].mean() > margins[rows.labels == 0].mean() + 0.3


def test_an_attempt_stops_early_and_beats_the_base_rate() -> None:
    rehearsal = rehearsed(table(2_400))
    rate = rehearsal.targets.mean()

    found = rehearsal.attempt(FOREST, threads=1)

    assert 1 < len(found.losses) - 30 == np.argmin(found.losses) + 1 < 1_000
    assert found.log_loss < -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate)) - 0.05


def test_nothing_is_attempted_twice() -> None:
    rehearsal = rehearsed(table())

    assert rehearsal.attempt(FOREST, 1) is rehearsal.attempt(replace(FOREST, rounds=3), 1)
    assert rehearsal.attempt(FOREST, 1) is not rehearsal.attempt(replace(FOREST, seed=8), 1)


@pytest.mark.parametrize(("rounds", "attempted"), [(3, 2), (500, 2), (3, 1), (3, 0)])
def test_trees_that_were_grown_are_those_that_would_be(rounds: int, attempted: int) -> None:
    rehearsal, later = rehearsed(table()), table().vectors
    other = replace(FOREST, params={**FOREST.params, "num_leaves": 4}, rounds=rounds)
    recipe = replace(FOREST, rounds=rounds).together([other])
    for one in recipe.members[:attempted]:
        rehearsal.attempt(one, 1)

    found = rehearsal.scorer(recipe, 1)

    again = fit(recipe, rehearsal.table.at(rehearsal.train))
    assert found.margin(later).tolist() == again.margin(later).tolist()


def test_an_attempt_is_known_after_every_round() -> None:
    rehearsal = rehearsed(table())
    found = rehearsal.attempt(FOREST, 1)

    losses = [rehearsal.objective.loss_of(found.margins(rounds), rehearsal.targets) for rounds in (1, 5, 12)]

    np.testing.assert_allclose(losses, found.losses[[0, 4, 11]], atol=1e-9)
    parts, best = found.contributions(rehearsal.table.vectors[rehearsal.valid]), best_rounds([found])[0]
    np.testing.assert_allclose(parts.sum(axis=1), found.margins(best), atol=1e-9)


def test_rounds_are_the_best_of_all_folds_together_and_no_more_than_each_has_grown() -> None:
    booster = rehearsed(table(200)).attempt(FOREST, 1).booster
    told = [Attempt(np.array(losses), np.zeros, np.zeros, booster) for losses in ([5, 1, 4, 0], [5, 4, 1], [2, 2, 1])]

    assert best_rounds(told) == (3, 2.0)
    assert best_rounds(told[:1]) == (4, 0.0)
    assert best_rounds([rehearsed(table(200)).attempt(LINEAR, 1)])[0] == 0


def test_no_copy_of_the_rows_is_kept() -> None:
    rehearsal = rehearsed(table(12_000))
    tracemalloc.start()

    rehearsal.attempt(replace(FOREST, params={"learning_rate": 0.5, "num_leaves": 4}), 1)

    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < rehearsal.table.vectors.nbytes / 2


def test_the_average_of_forests_is_a_forest_of_lightgbm() -> None:
    import lightgbm as lgb

    rows, other = table(), replace(FOREST, params={"learning_rate": 0.2, "num_leaves": 4, "extra_trees": True})
    alone = [fit(one, rows) for one in (FOREST, other, replace(FOREST, seed=8))]

    together = FOREST.together([other, replace(FOREST, params={**FOREST.params, "bagging_seed": 8})])
    scorer = fit(together, rows)

    theirs = lgb.Booster(model_str=scorer.to_text())
    mean = np.mean(
        [alone[0].margin(rows.vectors), alone[1].margin(rows.vectors), alone[0].margin(rows.vectors)], axis=0
    )
    np.testing.assert_allclose(scorer.margin(rows.vectors), mean, atol=1e-12)
    np.testing.assert_allclose(theirs.predict(rows.vectors, raw_score=True), mean, atol=1e-12)
    parts = theirs.predict(rows.vectors[:50], pred_contrib=True)
    np.testing.assert_allclose(scorer.contributions(rows.vectors[:50]), parts, atol=1e-9)


def test_a_recipe_of_several_forests_survives_being_written() -> None:
    together = FOREST.together([replace(FOREST, rounds=5), replace(FOREST, rounds=7)])

    assert together.rounds == 32
    assert [one.rounds for one in together.members] == [20, 5, 7]
    assert Fitting.from_dict(json.loads(json.dumps(together.as_dict()))) == together
    assert FOREST.members == (FOREST,)
    assert FOREST.together([]) == FOREST


def test_forests_of_an_average_share_what_binds_their_columns() -> None:
    bound = replace(FOREST, params={**FOREST.params, "monotone": {"spend_sum_0d": 1}})
    together = bound.together([replace(bound, rounds=5)])

    assert together.params["monotone"] == {"spend_sum_0d": 1}
    assert all("monotone" not in one for one in together.params["members"])
    assert together.members == (bound, replace(bound, rounds=5))


def test_a_missing_number_is_missing_and_not_zero() -> None:
    rows = table()
    vectors = rows.vectors.copy()
    vectors[:, 0] = np.where(rows.labels == 1, np.nan, np.arange(len(vectors)) % 3)
    scorer = fit(FOREST, replace(rows, vectors=vectors))

    missing, zero = vectors[:1].copy(), vectors[:1].copy()
    missing[0, 0], zero[0, 0] = np.nan, 0.0

    assert scorer.margin(missing)[0] > scorer.margin(zero)[0] + 1
