from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from limner.models import tune as module
from limner.models.ladder import Evidence, SpaceName, recipe_for
from limner.models.tune import Search, tune
from limner.progress import Silent
from tests.models.tables import forward_folds, table

SHALLOW = recipe_for(Evidence(500, 500))
SEARCH = Search("lapse", "data", table(), forward_folds(), SHALLOW, trials=3, seed=7, threads=1)


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def step(self, note: str = "") -> None:
        self.notes.append(note)


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
        patch.setattr(module, "attempt", _interrupted)
        tune(search, tmp_path / "killed", Silent())

    resumed = tune(search, tmp_path / "killed", Silent())

    assert resumed == whole
    assert [trial.state for trial in trials(tmp_path / "killed")].count(TrialState.FAIL) == 1


def test_a_finished_search_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tune(SEARCH, tmp_path / "journal", Silent())
    monkeypatch.setattr(module, "attempt", _interrupted)

    assert tune(SEARCH, tmp_path / "journal", Silent()) == found


def test_other_data_is_another_search(tmp_path: Path) -> None:
    tune(replace(SEARCH, trials=1), tmp_path / "journal", Silent())
    tune(replace(SEARCH, trials=1, identity="other"), tmp_path / "journal", Silent())

    storage = JournalStorage(JournalFileBackend(str(tmp_path / "journal")))
    assert len(optuna.get_all_study_names(storage)) == 2


def test_progress_tells_the_best_so_far(tmp_path: Path) -> None:
    watcher = Notes()

    found = tune(SEARCH, tmp_path / "journal", watcher)

    assert len(watcher.notes) == 3
    assert watcher.notes[-1] == f"best log-loss {found.log_loss:.4f}"


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
