import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from limner.errors import DamagedError, GateError, LockedError
from limner.models.champion import champion, pointer
from limner.models.registry import Record, Registry
from tests.models.test_train import of_world

RECORD = Record({"form": "forest"}, {"gain": 0.2}, {"limner.log": "3"}, {"card.html": b"<p>card</p>"})
TAG = "lapse_28d"


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the database was made in part."""
    root = tmp_path_factory.mktemp("registry")
    with pytest.MonkeyPatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(MlflowClient, "search_experiments", interrupted)
        Registry.open(root, "shop")
    assert not (root / "mlruns" / "mlflow.db").exists()
    (root / "mlruns" / ".mlflow.db.left").write_text("tables, in part")
    return root


@pytest.fixture(scope="module")
def emptied(broken_off: Path) -> Path:
    """A registry of nothing; making one takes MLflow seconds, so all tests begin with this."""
    Registry.open(broken_off, "shop")
    return broken_off


@pytest.fixture
def registry(emptied: Path, tmp_path: Path) -> Iterator[Registry]:
    shutil.copytree(emptied, tmp_path, dirs_exist_ok=True)
    yield Registry.open(tmp_path, "shop")


def record(registry: Registry) -> int:
    return int(registry.record(of_world().bundle, RECORD).version)


def test_a_version_comes_back_as_it_was_registered(registry: Registry) -> None:
    registered = registry.record(of_world().bundle, RECORD)

    assert registered.version == "1"
    assert registry.bundle(TAG, 1).hash == registered.hash
    assert registry.version(TAG, "challenger") == 1
    assert registry.version(TAG, "champion") is None


def test_a_run_keeps_settings_measures_lineage_and_files(registry: Registry) -> None:
    record(registry)

    (run,) = registry.client.search_runs([registry.experiment])

    assert run.info.status == "FINISHED"
    assert (run.data.params["form"], run.data.metrics["gain"]) == ("forest", 0.2)
    assert (run.data.tags["limner.log"], run.data.tags["limner.tag"]) == ("3", TAG)
    artifacts = registry.root / "mlruns" / "artifacts" / run.info.run_id / "artifacts"
    assert sorted(path.name for path in artifacts.iterdir()) == ["bundle", "card.html"]


def test_a_promoted_version_is_what_scoring_reads(registry: Registry, tmp_path: Path) -> None:
    version = record(registry)

    change = registry.promote(tmp_path / "store", TAG)

    assert change == {"tag": TAG, "version": version, "before": None}
    assert champion(tmp_path / "store", TAG).hash == registry.bundle(TAG, version).hash
    assert registry.differences(tmp_path / "store") == []


def test_rollback_walks_back_through_the_champions(registry: Registry, tmp_path: Path) -> None:
    for _ in range(3):
        registry.promote(tmp_path, TAG, record(registry))

    assert registry.rollback(tmp_path, TAG) == {"tag": TAG, "version": 2, "before": 3}
    assert registry.rollback(tmp_path, TAG)["version"] == 1
    assert champion(tmp_path, TAG).version == "1"
    with pytest.raises(GateError, match="no champion before version 1"):
        registry.rollback(tmp_path, TAG)


@pytest.mark.parametrize("act", ["promote", "rollback"])
def test_a_tag_that_was_never_trained_is_refused_in_a_sentence(registry: Registry, tmp_path: Path, act: str) -> None:
    with pytest.raises(GateError, match="limner train nothing"):
        getattr(registry, act)(tmp_path, "nothing")


def test_a_version_that_does_not_exist_is_refused(registry: Registry, tmp_path: Path) -> None:
    record(registry)

    with pytest.raises(GateError, match="no version 9"):
        registry.promote(tmp_path, TAG, 9)


def test_a_damaged_version_is_not_promoted(registry: Registry, tmp_path: Path) -> None:
    first, second = record(registry), record(registry)
    registry.promote(tmp_path, TAG, first)
    newest = registry.client.get_model_version(f"shop.{TAG}", str(second)).run_id
    model = registry.root / "mlruns" / "artifacts" / newest / "artifacts" / "bundle" / "model.json"
    model.write_text(model.read_text() + " ")

    with pytest.raises(DamagedError):
        registry.promote(tmp_path, TAG, second)

    assert champion(tmp_path, TAG).version == str(first)


def test_promoting_again_mends_a_damaged_copy(registry: Registry, tmp_path: Path) -> None:
    registry.promote(tmp_path, TAG, record(registry))
    (tmp_path / "bundles" / TAG / "1" / "plan.json").write_text("{}")
    with pytest.raises(DamagedError):
        champion(tmp_path, TAG)

    registry.promote(tmp_path, TAG, 1)

    assert champion(tmp_path, TAG).version == "1"


@pytest.mark.parametrize(
    ("written", "told"),
    [({"version": "7", "hash": ""}, "the store holds version 7"), ({"version": "1", "hash": "x"}, "not the one")],
)
def test_differences_tell_where_alias_and_store_part(
    registry: Registry, tmp_path: Path, written: dict[str, str], told: str
) -> None:
    registry.promote(tmp_path, TAG, record(registry))
    (tmp_path / "bundles" / TAG / "champion.json").write_text(json.dumps(written))

    (sentence,) = registry.differences(tmp_path)

    assert told in sentence


def test_without_a_champion_scoring_is_refused(tmp_path: Path) -> None:
    assert pointer(tmp_path, TAG) is None
    with pytest.raises(GateError, match=f"limner train {TAG}"):
        champion(tmp_path, TAG)


def test_a_pointer_to_another_bundle_is_damage(registry: Registry, tmp_path: Path) -> None:
    registry.promote(tmp_path, TAG, record(registry))
    (tmp_path / "bundles" / TAG / "champion.json").write_text('{"version": "1", "hash": "x"}')

    with pytest.raises(DamagedError, match="promote"):
        champion(tmp_path, TAG)


def test_runs_of_killed_processes_are_ended_and_living_ones_are_not(registry: Registry) -> None:
    alive, dead = (
        registry.client.create_run(registry.experiment, tags={"limner.process": f"{os.uname().nodename}:{process}"})
        for process in (os.getpid(), 2**22 + 1)
    )

    again = Registry.open(registry.root, "shop")

    assert again.client.get_run(dead.info.run_id).info.status == "KILLED"
    assert again.client.get_run(alive.info.run_id).info.status == "RUNNING"


def test_a_moved_project_goes_on_in_its_new_place(registry: Registry, tmp_path: Path) -> None:
    registry.promote(tmp_path / "store", TAG, record(registry))
    shutil.copytree(registry.root / "mlruns", tmp_path / "moved" / "mlruns")

    moved = Registry.open(tmp_path / "moved", "shop")
    version = record(moved)

    assert moved.bundle(TAG, version).version == "2"
    assert moved.promote(tmp_path / "store", TAG, 1)["before"] == 1
    assert not list((registry.root / "mlruns" / "artifacts").glob(f"{_run_of(moved, version)}*"))


def _run_of(registry: Registry, version: int) -> str:
    return str(registry.client.get_model_version(f"shop.{TAG}", str(version)).run_id)


def test_a_measure_over_time_keeps_its_instants(registry: Registry) -> None:
    registry.record(of_world().bundle, replace(RECORD, series={"by_cutoff.auc": [(86_400, 0.7), (172_800, 0.8)]}))

    (run,) = registry.client.search_runs([registry.experiment])

    points = registry.client.get_metric_history(run.info.run_id, "by_cutoff.auc")
    assert [(point.step, point.timestamp, point.value) for point in points] == [
        (0, 86_400_000, 0.7),
        (1, 172_800_000, 0.8),
    ]


def test_a_version_that_is_not_there_is_answered_with_those_that_are(registry: Registry, tmp_path: Path) -> None:
    record(registry)

    with pytest.raises(GateError, match=f"{TAG} has no version 99; there is 1$"):
        registry.promote(tmp_path / "store", TAG, 99)


@pytest.mark.parametrize("damage", [lambda path: path.write_text("?"), lambda path: path.mkdir()])
def test_a_pointer_that_cannot_be_read_is_a_difference(
    registry: Registry, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    record(registry)
    registry.promote(tmp_path / "store", TAG)
    path = tmp_path / "store" / "bundles" / TAG / "champion.json"
    path.unlink()
    damage(path)

    (told,) = registry.differences(tmp_path / "store")

    assert told.startswith(f"{TAG}: ")
    assert "champion.json is not what was written" in told


def test_a_registry_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "mlflow.db").write_text("garbage")

    with pytest.raises(DamagedError, match=r"mlflow\.db: cannot be read: file is not a database; restore it"):
        Registry.open(tmp_path, "shop")


def test_a_registry_that_another_program_holds_is_not_waited_for(
    emptied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(emptied, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr("limner.models.registry_database._PATIENCE", 0.0)

    with closing(sqlite3.connect(tmp_path / "mlruns" / "mlflow.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LockedError, match="another program holds the database"):
            Registry.open(tmp_path, "shop")


def test_a_database_that_was_made_in_part_is_made_anew(emptied: Path) -> None:
    assert [path.name for path in (emptied / "mlruns").iterdir()] == ["mlflow.db"]
