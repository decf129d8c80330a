import json
import sys
from pathlib import Path

import pytest

from limner import cli
from limner.pipeline.workspace import Workspace
from tests.pipeline.village import buys, keep_training, open_village, write_buys


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = open_village(tmp_path_factory.mktemp("village") / "seen", users=8, days=100)
    keep_training(workspace, "lapse")
    write_buys(workspace.project.root / "buys_late.parquet", [(user, day + 1) for user, day in buys(8, 98)])
    return workspace


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *typed: str) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["limner", *typed])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert isinstance(left.value.code, int)
    return left.value.code


def test_a_check_tells_of_the_project_and_of_the_named_tag(
    village: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, village.project.root, "check", "lapse", "--json") == 0

    told = capsys.readouterr()
    found = json.loads(told.out)
    assert {one["tag"] for one in found} == {"", "lapse"}
    assert set(found[0]) == {"level", "subject", "sentence", "mend", "tag"}
    assert "lapse: outcomes" in told.err


def test_leaks_end_with_exit_code_1_once_history_was_rewritten(
    village: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = village.project.root

    before = run(monkeypatch, folder, "check", "lapse", "--leaks")
    run(monkeypatch, folder, "ingest")
    after = run(monkeypatch, folder, "check", "lapse", "--leaks")

    told = capsys.readouterr().out
    assert (before, after) == (0, 1)
    assert "lapse  nothing leaks" in told
    assert "lapse  not to be trusted" in told
