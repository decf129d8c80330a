import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from limner.pipeline.workspace import Workspace
from tests.conftest import small_demo
from tests.pipeline.courses import Course, tags_of
from tests.pipeline.runs import CUTOFF, command, copy_of, run, same, told, with_late_purchases
from tests.pipeline.shop import Shop

pytestmark = pytest.mark.faults


def opened_by_all(shop: Shop) -> Workspace:
    return Workspace.open(shop.folder / "shop.yaml")


@contextmanager
def reaching(workspace: Workspace, line: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command at work, once a line of its progress holds a text."""
    with subprocess.Popen(command(workspace, *arguments), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        for written in process.stderr or ():
            if line in written.decode():
                break
        yield process


def killed_at(workspace: Workspace, line: str, *arguments: str, delay: float = 0.0) -> None:
    """Run a command and kill it without mercy once it is there."""
    with reaching(workspace, line, *arguments) as process:
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=120)
    assert process.returncode == -signal.SIGKILL


def test_a_first_ingestion_that_is_killed_leaves_nothing_and_is_done_again(ingested: Workspace, tmp_path: Path) -> None:
    workspace = small_demo(tmp_path)

    killed_at(workspace, "Sort into the log", "ingest")
    assert not (workspace.project.store_path / "published").exists()
    told(workspace, "ingest")

    assert same(workspace.features("lapse_28d", CUTOFF), ingested.features("lapse_28d", CUTOFF))


def test_a_search_that_is_killed_goes_on_to_the_same_model(ingested: Workspace, tmp_path: Path) -> None:
    whole, killed = copy_of(ingested, tmp_path / "whole"), copy_of(ingested, tmp_path / "killed")
    control = told(whole, "train", "coupon_redeem_30d")

    killed_at(killed, "search: 1 of 2", "train", "coupon_redeem_30d")
    again = told(killed, "train", "coupon_redeem_30d")

    assert again["tags"][0]["evaluation"] == control["tags"][0]["evaluation"]


def test_of_two_runs_at_once_one_is_sent_away_and_the_other_is_not_disturbed(scoring: Course, tmp_path: Path) -> None:
    shop = scoring.shop.copied(tmp_path / "shop")

    with reaching(opened_by_all(shop), "Score lapse", "score") as first:
        first.send_signal(signal.SIGSTOP)
        second = run(opened_by_all(shop), "score")
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=120)

    assert second.returncode == 4
    assert f"another run (process {first.pid}) is at work on this store; try again when it is done" in second.stderr
    assert first.returncode == 0
    assert tags_of(shop) == scoring.after


def test_a_lock_is_not_kept_by_the_dead(scoring: Course, tmp_path: Path) -> None:
    shop = scoring.shop.copied(tmp_path / "shop")

    killed_at(opened_by_all(shop), "Score lapse", "score")

    assert shop.score().exit_code == 0
    assert tags_of(shop) == scoring.after


def test_a_file_that_may_not_grow_is_a_full_disk(ingested: Workspace, tmp_path: Path) -> None:
    workspace = with_late_purchases(copy_of(ingested, tmp_path))
    before = workspace.features("lapse_28d", "2017-10-01")

    limited = ["bash", "-c", 'ulimit -f 8; exec "$@"', "bash", *command(workspace, "ingest")]
    shown = subprocess.run(limited, capture_output=True, text=True, check=False)

    assert shown.returncode == 1
    assert "no room to work on data/raw/purchases_more.parquet" in shown.stderr
    assert same(workspace.features("lapse_28d", "2017-10-01"), before)
