import json
from pathlib import Path

import pytest
from rich.console import Console

from limner.cli.demo import run_demo
from limner.models.registry import Registry
from limner.pipeline.manifest import read_manifests
from limner.pipeline.train import TrainResult
from limner.pipeline.workspace import Workspace
from limner.progress import Silent
from limner.timeline import instant
from tests.pipeline.runs import CUTOFF, LATE, copy_of, hashes, same, told, typed_here, with_late_purchases

pytestmark = pytest.mark.demo

PREDICTIVE = ["lapse_28d", "coupon_redeem_30d", "yogurt_28d", "spend_28d"]


def test_events_appended_after_a_cutoff_change_no_feature(ingested: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(ingested, tmp_path)
    before = [workspace.features(tag, CUTOFF) for tag in PREDICTIVE]
    workspace = with_late_purchases(workspace)

    added = workspace.ingest()
    after = [workspace.features(tag, CUTOFF) for tag in PREDICTIVE]

    assert sum(source.rows_added for source in added.sources) == LATE
    assert all(same(one, other) for one, other in zip(before, after, strict=True))
    assert not same(workspace.features("lapse_28d", "2017-09-09"), ingested.features("lapse_28d", "2017-09-09"))


def test_the_same_files_again_change_nothing(ingested: Workspace) -> None:
    before = (ingested.project.store_path / "published").read_bytes()

    again = ingested.ingest()

    assert sum(source.rows_added for source in again.sources) == 0
    assert (ingested.project.store_path / "published").read_bytes() == before


def test_the_latest_events_and_what_is_remembered_make_the_same_tags(
    trained: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = copy_of(trained, tmp_path / "near"), copy_of(trained, tmp_path / "far")
    found = near.score(PREDICTIVE, as_of="2017-12-20").outcomes

    monkeypatch.setattr("limner.tags.moment.since_for", lambda *_: None)
    whole = far.score(PREDICTIVE, as_of="2017-12-20").outcomes

    assert [(one.tags_hash, one.snapshot_hash) for one in found] == [
        (one.tags_hash, one.snapshot_hash) for one in whole
    ]
    assert len({one.snapshot_hash for one in found} - {None}) >= 3  # two tags look at the same households
    assert list((near.project.store_path / "remembered").glob("bucket=*/*"))
    assert not (far.project.store_path / "remembered").exists()


def test_every_predictive_tag_has_a_champion(trained: Workspace) -> None:
    grades = {entry.tag: entry.grade for entry in trained.catalogue() if entry.tag in PREDICTIVE}

    assert set(grades) == set(PREDICTIVE)
    assert set(grades.values()) <= {"A", "B", "C", "rule", "unproven"}


def test_a_model_tells_which_log_and_attributes_it_came_from(trained: Workspace) -> None:
    registry = Registry.open(trained.project.root, trained.project.spec.project)

    told = json.loads(registry.artifact("lapse_28d", 1, "evaluation.json").read_text())["lineage"]

    assert told["log version"] == str(trained.store.version("events"))
    assert told["attributes"] == f"demographics {trained.store.version('attributes_demographics')}"


def test_the_gates_verdict_is_in_the_manifest_and_the_registry_with_its_numbers(trained: Workspace) -> None:
    (manifest,) = (one for one in read_manifests(trained.store.root).values() if one["command"] == "train")
    (lapse,) = (one for one in manifest["tags"] if one["tag"] == "lapse_28d")
    registry = Registry.open(trained.project.root, trained.project.spec.project)
    version = registry.client.get_model_version(f"{trained.project.spec.project}.lapse_28d", "1")
    run_ = registry.client.get_run(version.run_id)

    assert lapse["gate"]["passed"]
    assert [one["name"] for one in lapse["gate"]["checks"]] == ["alarms", "calibration", "ranking"]
    assert lapse["gate"]["numbers"]["calibration_error"] == run_.data.metrics["gate.calibration_error"]
    assert (run_.data.metrics["gate.passed"], run_.data.tags["limner.gate"]) == (1.0, "passed")


def test_tags_are_the_same_in_every_time_zone_and_again_a_no_op(trained: Workspace, tmp_path: Path) -> None:
    zones = ("Asia/Shanghai", "America/New_York")
    copies = {zone: copy_of(trained, tmp_path / zone.replace("/", "_")) for zone in zones}

    found = [hashes(told(copies[zone], "score", zone=zone)) for zone in zones]
    again = copies[zones[0]].score()

    assert found[0] == found[1]
    assert len(found[0]) == len(trained.project.spec.tags)
    assert {one.outcome for one in again.outcomes} == {"unchanged"}


def test_a_portrait_has_reasons_in_both_languages(
    trained: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = copy_of(trained, tmp_path)
    workspace.score()
    user = workspace.tags().column("user_id")[0].as_py()

    assert typed_here(workspace, "show", user, "--json") == 0

    portrait = json.loads(capsys.readouterr().out)
    reasons = [reason for tag in portrait["tags"] for reason in tag["reasons"]]
    assert reasons
    assert all(reason["en"] and reason["zh"] for reason in reasons)


def test_a_damaged_bundle_is_refused_and_the_rest_is_published(trained: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(trained, tmp_path)
    calibration = workspace.project.store_path / "bundles" / "lapse_28d" / "1" / "calibration.json"
    calibration.write_text(calibration.read_text() + " ")

    done = workspace.score()

    outcomes = {one.tag: one.outcome for one in done.outcomes}
    assert outcomes.pop("lapse_28d") == "refused"
    assert set(outcomes.values()) == {"published"}
    assert done.exit_code == 1


def test_a_catalogue_tells_of_every_tag_without_a_traceback(
    trained: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed_here(trained, "tags") == 0

    out, err = capsys.readouterr()
    assert "Traceback" not in err
    assert all(tag in out for tag in trained.project.spec.tags)


def test_an_instant_in_the_future_is_refused(trained: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed_here(trained, "score", "--as-of", "2030-01-01") == 1

    assert "lies in the future" in capsys.readouterr().err
    assert instant("2030-01-01") > trained.now()


def test_the_demo_tells_what_it_made_to_people_and_to_machines(
    learned: tuple[Workspace, TrainResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, training = learned
    monkeypatch.setattr(Workspace, "train", lambda *_: training)
    console = Console(record=True, width=100)

    done = run_demo(copy_of(trained, tmp_path), Silent())
    for part in done.ending():
        console.print(part)

    told = console.export_text()
    assert "households became 10 tags, as of 2018-01-01." in told
    assert all(title in told for title in ("Will stay away", "Will redeem a coupon", "Will buy yogurt", "limner show"))
    assert len([line for line in told.splitlines() if line.strip()]) <= 13
    assert {tag["outcome"] for tag in json.loads(json.dumps(done.as_dict()))["score"]["tags"]} == {"published"}
