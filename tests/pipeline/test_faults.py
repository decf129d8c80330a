import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from limner.pipeline.workspace import Workspace
from tests.conftest import small_demo
from tests.pipeline.runs import CUTOFF, command, copy_of, hashes, run, same, told, with_late_purchases

pytestmark = pytest.mark.faults


def killed_at(workspace: Workspace, line: str, *arguments: str, delay: float = 0.0) -> None:
    """Run a command and kill it without mercy once a line of its progress holds a text."""
    with subprocess.Popen(command(workspace, *arguments), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        for written in process.stderr or ():
            if line in written.decode():
                time.sleep(delay)
                process.send_signal(signal.SIGKILL)
                break
        process.wait(timeout=120)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("line", "delay"), [("Read new files", 0.2), ("Merge into the log", 0.0), ("2 of 2", 0.02)])
def test_an_ingestion_that_is_killed_leaves_nothing_and_is_done_again(
    ingested: Workspace, tmp_path: Path, line: str, delay: float
) -> None:
    workspace = small_demo(tmp_path)

    killed_at(workspace, line, "ingest", delay=delay)
    assert not (workspace.project.store_path / "published").exists()
    told(workspace, "ingest")

    assert same(workspace.features("lapse_28d", CUTOFF), ingested.features("lapse_28d", CUTOFF))


@pytest.mark.parametrize(("line", "delay"), [("Score yogurt_28d", 0.0), ("Read household_size", 0.05)])
def test_a_scoring_that_is_killed_shows_nothing_half(
    trained: Workspace, tmp_path: Path, line: str, delay: float
) -> None:
    control = hashes(told(copy_of(trained, tmp_path / "control"), "score"))
    workspace = copy_of(trained, tmp_path / "killed")
    before = (workspace.project.store_path / "published").read_bytes()

    killed_at(workspace, line, "score", delay=delay)
    assert (workspace.project.store_path / "published").read_bytes() == before

    assert hashes(told(workspace, "score")) == control


def test_a_search_that_is_killed_goes_on_to_the_same_model(ingested: Workspace, tmp_path: Path) -> None:
    whole, killed = copy_of(ingested, tmp_path / "whole"), copy_of(ingested, tmp_path / "killed")
    control = told(whole, "train", "coupon_redeem_30d")

    killed_at(killed, "search: 1 of 2", "train", "coupon_redeem_30d")
    again = told(killed, "train", "coupon_redeem_30d")

    assert again["tags"][0]["evaluation"] == control["tags"][0]["evaluation"]


def test_two_runs_at_once_do_not_meet(ingested: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(ingested, tmp_path)
    with workspace.store.lock():
        shown = run(workspace, "ingest")

    assert shown.returncode == 4
    assert f"process {os.getpid()}" in shown.stderr


def test_a_full_disk_loses_nothing(ingested: Workspace, tmp_path: Path) -> None:
    workspace = with_late_purchases(copy_of(ingested, tmp_path))
    before = workspace.features("lapse_28d", "2017-10-01")

    limited = ["bash", "-c", 'ulimit -f 64; exec "$@"', "bash", *command(workspace, "ingest")]
    shown = subprocess.run(limited, capture_output=True, text=True, check=False)

    assert shown.returncode == 1
    assert "no room to work on data/raw/purchases_more.parquet" in shown.stderr
    assert same(workspace.features("lapse_28d", "2017-10-01"), before)
