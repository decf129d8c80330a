import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from pydantic import BaseModel

from limner import errors
from limner.cli.app import app
from limner.project.spec import ProjectSpec

ROOT = Path(__file__).parent.parent
DOCS = "\n".join(path.read_text() for path in sorted((ROOT / "docs").rglob("*.md")))
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands() -> list[str]:
    return sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def spec_keys(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    if model in seen:
        return
    seen.add(model)
    schema = model.model_json_schema()
    for part in [schema, *schema.get("$defs", {}).values()]:
        yield from part.get("properties", {})


@pytest.mark.parametrize("command", commands())
def test_commands_are_documented(command: str) -> None:
    assert f"limner {command}" in DOCS


@pytest.mark.parametrize("command", commands())
def test_commands_show_an_example_in_their_help(command: str) -> None:
    found = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]

    assert "Example:" in (found.help or "")


@pytest.mark.parametrize("key", sorted(set(spec_keys(ProjectSpec, set()))))
def test_configuration_keys_are_documented(key: str) -> None:
    assert f"`{key}`" in DOCS or f"`{key}:" in DOCS


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_are_documented(name: str) -> None:
    assert f"`{name}`" in DOCS


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_stand_in_the_tree_and_say_when(name: str) -> None:
    assert name in (errors.__doc__ or "")
    assert inspect.getdoc(getattr(errors, name))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]

    assert broken == []
