from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from limner.models.fit import fit
from limner.models.ladder import Evidence, SpaceName, recipe_for
from limner.models.rehearsal import Rehearsal
from limner.models.spaces import SPACES
from limner.models.tune import Search, tune
from limner.progress import Silent
from tests.models.tables import N_NUMBERS, forward_folds, table

SHALLOW = recipe_for(Evidence(500, 500))
SEARCH = Search("lapse", "data", table(), forward_folds(), SHALLOW, trials=3, seed=7, threads=1)


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def step(self, note: str = "") -> None:
        self.notes.append(note)


def fresh(search: Search) -> Search:
    """As another process would see it, without attempts that are remembered."""
    return replace(search)


def trials(journal: Path) -> list[optuna.trial.FrozenTrial]:
    storage = JournalStorage(JournalFileBackend(str(journal)))
    (name,) = optuna.get_all_study_names(storage)
    return list(optuna.load_study(study_name=name, storage=storage).trials)


@pytest.mark.parametrize(("people", "space"), [(50, "linear"), (500, "shallow"), (5_000, "wide")])
def test_the_same_search_finds_the_same_settings(tmp_path: Path, people: int, space: SpaceName) -> None:
    search = replace(SEARCH, recipe=recipe_for(Evidence(people, people)), trials=2)

    once, again = (tune(search, tmp_path / name, Silent()) for name in ("once", "again"))

    assert search.recipe.space == space
    assert once == again
    assert (once.fitting.rounds > 0) is (space != "linear")


def test_a_search_that_was_killed_goes_on_to_the_same_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search = replace(SEARCH, trials=12)
    whole = tune(search, tmp_path / "whole", Silent())
    tune(replace(search, trials=4), tmp_path / "killed", Silent())
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Rehearsal, "attempt", _interrupted)
        tune(fresh(search), tmp_path / "killed", Silent())

    resumed = tune(fresh(search), tmp_path / "killed", Silent())

    assert resumed == whole
    assert [trial.state for trial in trials(tmp_path / "killed")].count(TrialState.FAIL) == 1


def test_a_kill_before_a_known_setting_was_tried_tries_it_once(tmp_path: Path) -> None:
    whole = tune(fresh(SEARCH), tmp_path / "whole", Silent())
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(optuna.Study, "ask", _interrupted)
        tune(fresh(SEARCH), tmp_path / "killed", Silent())

    resumed = tune(fresh(SEARCH), tmp_path / "killed", Silent())

    assert resumed == whole
    assert [one.params for one in trials(tmp_path / "killed")] == [one.params for one in trials(tmp_path / "whole")]


def test_a_finished_search_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tune(SEARCH, tmp_path / "journal", Silent())
    monkeypatch.setattr(Rehearsal, "attempt", _interrupted)

    assert tune(fresh(SEARCH), tmp_path / "journal", Silent()) == found


def test_other_data_is_another_search(tmp_path: Path) -> None:
    tune(replace(SEARCH, trials=1), tmp_path / "journal", Silent())
    tune(replace(SEARCH, trials=1, identity="other"), tmp_path / "journal", Silent())

    storage = JournalStorage(JournalFileBackend(str(tmp_path / "journal")))
    assert len(optuna.get_all_study_names(storage)) == 2


def test_progress_tells_the_best_so_far(tmp_path: Path) -> None:
    watcher = Notes()

    tune(SEARCH, tmp_path / "journal", watcher)

    losses = [trial.value for trial in trials(tmp_path / "journal") if trial.value is not None]
    assert len(watcher.notes) == 3
    assert watcher.notes[-1] == f"best log-loss {min(losses):.4f}"


def test_a_search_begins_with_the_champions_settings_within_its_ranges(tmp_path: Path) -> None:
    champion = {"learning_rate": 0.3, "max_depth": 3, "num_leaves": 99, "lambda_l2": 10.0, "monotone": {"f": 1}}
    search = replace(SEARCH, starts=(champion,), trials=2)

    found = tune(search, tmp_path / "warm", Silent())

    first = trials(tmp_path / "warm")[0].params
    assert (first["max_depth"], first["num_leaves"], first["lambda_l2"]) == (3, 32, 10.0)
    assert found == tune(search, tmp_path / "again", Silent())


@pytest.mark.parametrize("people", [50, 500, 5_000])
def test_a_search_goes_on_with_settings_that_are_known_to_do_well(tmp_path: Path, people: int) -> None:
    recipe = recipe_for(Evidence(people, people))
    known = SPACES[recipe.space].known

    tune(replace(SEARCH, recipe=recipe, trials=len(known)), tmp_path / "journal", Silent())

    tried = [trial.params for trial in trials(tmp_path / "journal")]
    assert all(one.items() <= given.items() for one, given in zip(tried, known, strict=True))


def test_good_settings_of_the_champion_are_not_lost_to_a_short_search(tmp_path: Path) -> None:
    best = tune(replace(SEARCH, trials=4), tmp_path / "long", Silent()).fitting
    settings = tuple(one.params for one in best.members)

    warm = tune(replace(SEARCH, starts=settings, trials=len(settings)), tmp_path / "warm", Silent())

    assert len(settings) > 1
    assert {one.rounds for one in warm.fitting.members} <= {one.rounds for one in best.members}
    assert {str(one.params) for one in warm.fitting.members} <= {str(one) for one in settings}


def test_several_forests_are_averaged_and_score_as_their_mean(tmp_path: Path) -> None:
    found = tune(replace(SEARCH, trials=4), tmp_path / "journal", Silent()).fitting

    alone = [fit(one, SEARCH.table).margin(SEARCH.table.vectors) for one in found.members]

    assert len(alone) > 1
    np.testing.assert_allclose(fit(found, SEARCH.table).margin(SEARCH.table.vectors), np.mean(alone, axis=0), rtol=1e-9)


def test_no_trial_begins_after_the_minutes(tmp_path: Path) -> None:
    found = tune(replace(SEARCH, minutes=1e-9), tmp_path / "journal", Silent())

    assert found.trials == 1
    assert tune(replace(SEARCH, minutes=60.0), tmp_path / "journal", Silent()).trials == SEARCH.trials


def test_bounds_are_kept_by_every_tree_and_are_part_of_the_recipe(tmp_path: Path) -> None:
    bound = {"spend_sum_0d": -1, "spend_sum_1d": -1}

    found = tune(replace(SEARCH, monotone=bound, trials=1), tmp_path / "journal", Silent())

    rows = np.zeros((50, N_NUMBERS + 1), dtype=np.float32)
    rows[:, 0] = np.linspace(-3, 3, 50)
    assert found.fitting.params["monotone"] == bound
    assert (np.diff(fit(found.fitting, SEARCH.table).margin(rows)) <= 0).all()
    free = replace(found.fitting, params={**found.fitting.params, "monotone": {}})
    assert (np.diff(fit(free, SEARCH.table).margin(rows)) > 0).any()


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_regression_joins_the_trees_where_it_does_no_harm(tmp_path: Path) -> None:
    of_amounts = replace(SEARCH.table, amounts=SEARCH.table.labels.astype(np.float64))
    alone = tune(replace(SEARCH, table=of_amounts), tmp_path / "alone", Silent())
    found = tune(SEARCH, tmp_path / "joined", Silent())

    assert (alone.fitting.kind, found.fitting.kind) == ("forest", "forest_linear")
    assert found.log_loss < alone.log_loss
    assert found.fitting.parts[0] == alone.fitting


def test_trees_that_are_bound_are_joined_by_no_regression(tmp_path: Path) -> None:
    bound = replace(SEARCH, monotone={"spend_sum_0d": 1}, trials=1)

    assert tune(bound, tmp_path / "journal", Silent()).fitting.kind == "forest"


def test_the_folds_are_scored_by_what_the_search_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search = fresh(SEARCH)
    fitting = tune(search, tmp_path / "journal", Silent()).fitting
    expected = [fit(fitting, search.table.at(fold.train)).margin(search.table.vectors) for fold in search.folds]
    monkeypatch.setattr("limner.models.rehearsal.fit", _interrupted)
    monkeypatch.setattr("limner.models.rehearsal.grown", _interrupted)

    scorers = [one.scorer(fitting, 1) for one in search.rehearsals]

    for scorer, margins in zip(scorers, expected, strict=True):
        np.testing.assert_array_equal(scorer.margin(search.table.vectors), margins)
