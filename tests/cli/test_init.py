import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from limner.cli.app import app
from limner.project.templates import templates


def init(*typed: str) -> Result:
    return CliRunner().invoke(app, ["init", *typed])


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_a_template_all_are_listed_and_nothing_is_written() -> None:
    told = init()

    assert told.exit_code == 0
    assert [line.split()[0] for line in told.stdout.splitlines() if line.startswith("  c")] == ["commerce", "content"]
    assert "limner init --template commerce" in told.stdout
    assert list(Path().iterdir()) == []


def test_a_template_is_written_where_it_is_wanted_and_what_comes_next_is_said() -> None:
    told = init("--template", "leads", "--config", "configs/b2b.yaml")

    assert told.stdout.startswith("configs/b2b.yaml is written\n")
    assert "limner check --config configs/b2b.yaml" in told.stdout
    assert Path("configs/b2b.yaml").read_text() == templates()["leads"].text


def test_a_template_has_a_place_of_its_own() -> None:
    assert json.loads(init("--template", "content", "--json").stdout) == {
        "template": "content",
        "path": "configs/content.yaml",
    }
    assert Path("configs/content.yaml").exists()


def test_nothing_is_overwritten() -> None:
    Path("mine.yaml").write_text("mine")

    told = init("--template", "leads", "--config", "mine.yaml")

    assert "mine.yaml is there already and is not overwritten" in str(told.exception)
    assert Path("mine.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("--template", "shop"), 'there is none called "shop"; there is: commerce, content, leads'),
        (("--template", "leads", "--config", "file/x.yaml"), "file/x.yaml: cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said(typed: tuple[str, ...], sentence: str) -> None:
    Path("file").write_text("")

    assert sentence in str(init(*typed).exception)
