from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from limner.models.ladder import Evidence, recipe_for
from limner.models.rehearsal import Rehearsal
from limner.models.selection import narrowed
from limner.models.table import Table
from limner.models.train import Trained
from limner.models.tune import Search, tune
from limner.progress import Silent
from tests.models.tables import forward_folds, table
from tests.models.test_train import SPEC, trained
from tests.models.world import world


def noisy(n_noise: int) -> Table:
    told = table(800)
    noise = np.random.default_rng(3).normal(size=(800, n_noise)).astype(np.float32)
    names = (*told.names, *(f"noise_{at}" for at in range(n_noise)))
    return Table(np.column_stack([told.vectors, noise]), told.labels, names, (*told.is_category, *(False,) * n_noise))


def choice(told: Table) -> tuple[str, ...]:
    search = Search("lapse", "data", told, forward_folds(800), recipe_for(Evidence(500, 500)), 1, 7, 1)
    return narrowed(search, Silent()).table.names


def test_columns_of_noise_are_left_out() -> None:
    names = choice(noisy(60))

    assert len(names) in {18, 36}
    assert {"spend_sum_0d", "spend_sum_1d"} <= set(names)


def alike() -> Table:
    told, kept = table(800), [0, 1, 11] * 4
    return Table(told.vectors[:, kept], told.labels, tuple(f"c{at}" for at in range(12)), (False, False, True) * 4)


def test_columns_stay_where_fewer_do_no_better() -> None:
    assert choice(alike()) == alike().names


def test_fewer_columns_are_not_tried_on_after_a_fold_that_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, ...]] = []
    monkeypatch.setattr(Rehearsal, "of", lambda self, names: _noted(tried, names, self))

    choice(needed())

    assert [len(names) for names in tried] == [4]


def needed() -> Table:
    vectors = np.random.default_rng(5).normal(size=(800, 8)).astype(np.float32)
    labels = (vectors.sum(axis=1) > 0).astype(np.int8)
    return Table(vectors, labels, tuple(f"c{at}" for at in range(8)), (False,) * 8)


def test_columns_stay_untried_where_outcomes_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.models.selection._ENOUGH", 1)

    assert choice(noisy(60)) == noisy(60).names


def test_a_handful_of_columns_is_left_alone() -> None:
    few = table(800).of(("spend_sum_0d", "spend_sum_5d", "spend_sum_6d"))

    assert choice(few) == few.names


def test_the_search_does_not_repeat_what_its_columns_were_judged_by(tmp_path: Path) -> None:
    told = table(800)
    search = Search("lapse", "data", told, forward_folds(800), recipe_for(Evidence(500, 500)), 1, 7, 1)
    narrowed(search, Silent())

    tune(search, tmp_path / "journal", Silent())

    made = [[name.split(",")[0] for name in one._made] for one in search.rehearsals]
    assert made == [['["forest"', '["linear"']] * 2


@cache
def of_fewer() -> Trained:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("limner.models.train.narrowed", _the_first_three)
        return trained(world(n_users=150), SPEC.model_copy(update={"trials": 1}))


def test_what_is_published_reads_the_chosen_columns_only() -> None:
    found = of_fewer()
    told = found.ground.dataset

    assert found.bundle.plan.names == told.plan.names[:3]
    assert found.bundle.scorer.n_features == 3
    assert found.sample.values.shape[1] == 3
    assert set(found.bundle.card["norms"]) == set(told.plan.names[:3])


def _the_first_three(search: Search, _: object) -> Search:
    return replace(search, table=search.table.of(search.table.names[:3]))


def _noted(tried: list[tuple[str, ...]], names: tuple[str, ...], fold: Rehearsal) -> Rehearsal:
    tried.append(names)
    return replace(fold, table=fold.table.of(names), _made={})
