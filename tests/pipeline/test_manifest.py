import json
from pathlib import Path

from limner.pipeline.manifest import new_run_id, write_manifest
from limner.timeline import FixedClock

CLOCK = FixedClock(1514779281)


def test_a_run_is_named_by_time_command_and_work() -> None:
    name = new_run_id("score", CLOCK, "a")

    assert name.startswith("20180101T040121Z-score-")
    assert name == new_run_id("score", CLOCK, "a")
    assert len({name, new_run_id("score", CLOCK, "b"), new_run_id("train", CLOCK, "a")}) == 3


def test_a_manifest_is_json_named_after_its_run(tmp_path: Path) -> None:
    told = {"run_id": "r1", "tags": [{"tag": "churn", "title": "流失"}], "exit_code": 0}

    path = write_manifest(tmp_path, told)

    assert path == tmp_path / "runs" / "r1.json"
    assert json.loads(path.read_text(encoding="utf-8")) == told
    assert [one.name for one in path.parent.iterdir()] == ["r1.json"]
