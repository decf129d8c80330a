import json
import logging
import shutil
from pathlib import Path

import pytest

from limner.engines.lock import locked
from limner.errors import LimnerError, RefusedError
from limner.exits import exit_code_of
from limner.pipeline import monitoring
from limner.pipeline.monitoring import metrics_path
from limner.pipeline.prometheus import Gauge, Sample, read_samples, render
from limner.pipeline.workspace import Workspace
from limner.timeline import FixedClock
from tests.pipeline.exposition import Key, parsed, value
from tests.pipeline.shop import LAST, NOW, WALL, Shop


def workspace(shop: Shop, later: int = 0) -> Workspace:
    return Workspace(shop.project, FixedClock(WALL.second + later))


def told(shop: Shop) -> dict[Key, float]:
    return parsed(metrics_path(shop.store.root))


def of_run(shop: Shop, name: str, command: str) -> float | None:
    return value(told(shop), f"limner_run_{name}", project="shop", command=command)


def test_a_run_tells_when_and_how_it_ended(shop: Shop) -> None:
    workspace(shop).score()

    assert of_run(shop, "end_timestamp_seconds", "score") == WALL.second
    assert of_run(shop, "success_timestamp_seconds", "score") == WALL.second
    assert of_run(shop, "exit_code", "score") == 0
    assert 0 < (of_run(shop, "duration_seconds", "score") or 0) < 60


def test_a_run_tells_how_old_log_and_tags_are_by_the_projects_clock(shop: Shop) -> None:
    workspace(shop).score(as_of="2024-01-30")

    found = told(shop)

    assert value(found, "limner_users", project="shop") == 10
    assert value(found, "limner_source_watermark_timestamp_seconds", project="shop", source="purchases") == LAST
    assert value(found, "limner_source_watermark_age_seconds", project="shop", source="purchases") == 1
    assert value(found, "limner_tag_rows", project="shop", tag="size") == 2
    assert value(found, "limner_tag_age_seconds", project="shop", tag="size") == NOW % 86_400 + 86_400


def test_rows_in_quarantine_are_told_by_source(shop: Shop) -> None:
    (shop.folder / "people.csv").write_text("who,size,points\nu1,2,3\nu2,1,x\n")
    shop.reworded("people.parquet", "people.csv")
    shop.reworded("ingest: {buckets: 2}", "ingest: {buckets: 2, max_quarantined: 60%}")

    workspace(shop).ingest()

    assert value(told(shop), "limner_source_quarantined_rows", project="shop", source="attributes.people") == 1


def test_a_refused_run_is_told_and_the_last_success_stays(shop: Shop) -> None:
    workspace(shop).score()
    with pytest.raises(RefusedError):
        workspace(shop, later=60).score(as_of="2030-01-01")

    assert of_run(shop, "exit_code", "score") == 1
    assert of_run(shop, "end_timestamp_seconds", "score") == WALL.second + 60
    assert of_run(shop, "success_timestamp_seconds", "score") == WALL.second


def test_what_is_brought_back_and_removed_is_told(shop: Shop) -> None:
    run = workspace(shop).score().manifest["run_id"]

    workspace(shop, later=60).restore(run)
    workspace(shop, later=90).vacuum(dry_run=True)
    workspace(shop, later=120).vacuum()

    assert of_run(shop, "end_timestamp_seconds", "restore") == WALL.second + 60
    assert of_run(shop, "end_timestamp_seconds", "vacuum") == WALL.second + 120


def test_a_refused_tag_makes_no_success(shop: Shop) -> None:
    shutil.rmtree(shop.store.root / "bundles" / "lapse")

    workspace(shop).score()

    assert of_run(shop, "exit_code", "score") == 1
    assert of_run(shop, "success_timestamp_seconds", "score") is None


def test_a_run_that_meets_another_is_told(shop: Shop) -> None:
    with shop.store.lock(), pytest.raises(LimnerError):
        workspace(shop).score()

    assert of_run(shop, "exit_code", "score") == 4


def test_commands_keep_what_the_others_told(shop: Shop) -> None:
    workspace(shop).score()
    workspace(shop, later=60).ingest()

    assert of_run(shop, "end_timestamp_seconds", "score") == WALL.second
    assert of_run(shop, "end_timestamp_seconds", "ingest") == WALL.second + 60


def test_a_project_without_log_tells_of_its_runs_alone(tmp_path: Path, shop: Shop) -> None:
    empty = Shop(tmp_path / "empty")
    empty.folder.mkdir()
    shutil.copy(shop.folder / "shop.yaml", empty.folder)
    with pytest.raises(RefusedError):
        workspace(empty).score()

    assert of_run(empty, "exit_code", "score") == 1
    assert value(told(empty), "limner_users", project="shop") is None


@pytest.mark.parametrize("damage", ["", "\x00\xff", "limner_run_exit_code{command=} 1\n", 'limner_users{a="b"} x\n'])
def test_a_damaged_file_is_written_anew(shop: Shop, damage: str) -> None:
    workspace(shop).score()
    metrics_path(shop.store.root).write_text(damage, encoding="latin-1")

    workspace(shop).score()

    assert of_run(shop, "exit_code", "score") == 0


def test_a_damaged_store_is_told_of(shop: Shop) -> None:
    (shop.store.root / "published").write_text("{")
    with pytest.raises(RefusedError):
        workspace(shop).score()

    assert of_run(shop, "exit_code", "score") == 1


def test_a_file_that_cannot_be_written_fails_no_run(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    (shop.store.root / "metrics").write_text("a file where the folder should be")

    assert workspace(shop).score().exit_code == 0
    assert "limner.prom: cannot be written, so monitors see an older run" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


def test_a_file_that_another_run_holds_fails_no_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(monitoring, "_PAUSE_SECONDS", 0.0)
    with locked(metrics_path(shop.store.root).with_name(".lock")):
        assert workspace(shop).score().exit_code == 0

    assert "another run has been writing it for long" in caplog.text


@pytest.mark.parametrize("text", ['a "quoted" one', "back\\slash", "two\nlines", "标签", "a,b}c 1", ""])
def test_labels_hold_any_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "one.prom"
    path.write_text(render([Gauge("limner_users", "Users.")], [Sample("limner_users", {"project": text}, 1.5)]))

    assert parsed(path) == {("limner_users", frozenset({("project", text)})): 1.5}
    assert list(read_samples(path.read_text())) == [Sample("limner_users", {"project": text}, 1.5)]


def test_the_exit_code_is_the_commands_own(shop: Shop) -> None:
    with pytest.raises(LimnerError) as refused:
        workspace(shop).score(["nothing"])

    assert of_run(shop, "exit_code", "score") == exit_code_of(refused.value) == 2


def test_a_name_of_a_project_that_changed_leaves_nothing_behind(shop: Shop) -> None:
    workspace(shop).score()
    shop.reworded("project: shop", "project: store")

    workspace(shop).ingest()

    assert {dict(labels)["project"] for _, labels in told(shop)} == {"store"}


def test_manifests_are_what_the_results_hold(shop: Shop) -> None:
    for result in (workspace(shop).ingest(), workspace(shop).score()):
        kept = json.loads((shop.store.root / "runs" / f"{result.manifest['run_id']}.json").read_text())

        assert kept == result.manifest
        assert result.manifest["exit_code"] == result.exit_code
