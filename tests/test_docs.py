import builtins
import inspect
import re
from pathlib import Path
from typing import get_args

import pytest
import typer.main

from limner import errors
from limner.cli.app import app
from limner.events.spec import PropertyType
from limner.features.spec import Aggregate
from limner.project.schema import json_schema

ROOT = Path(__file__).parent.parent
COMMANDS, CONFIGURATION, ERRORS = (
    (ROOT / "docs" / f"{name}.md").read_text() for name in ("commands", "configuration", "errors")
)
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]*))?\)")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands() -> list[str]:
    return sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def options() -> list[tuple[str, str]]:
    """Each command with each option of its own."""
    everywhere = {"--config", "--json", "--help"}
    found = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return [
        (name, option)
        for name in commands()
        for parameter in found[name].params
        for option in parameter.opts
        if option.startswith("--") and option not in everywhere
    ]


def anchors(page: str) -> set[str]:
    """The names by which a page's headings are linked to."""
    headings = re.findall("^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def spec_keys() -> list[str]:
    schema = json_schema()
    return sorted({key for part in (schema, *schema["$defs"].values()) for key in part["properties"]})


def first_cells(page: str) -> list[str]:
    """The names in code in the first column of a page's tables."""
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("|")]
    return [name for cell in rows for name in re.findall("`([^`]+)`", cell)]


@pytest.mark.parametrize("command", commands())
def test_commands_are_documented(command: str) -> None:
    headings = [line for line in COMMANDS.splitlines() if line.startswith("## ")]

    assert [line for line in headings if re.search(rf"`limner {command}[ `]", line)]


def test_documented_commands_exist() -> None:
    assert set(re.findall(r"limner ([a-z]+)", COMMANDS)) <= set(commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_a_page_names_exist(page: Path) -> None:
    assert set(re.findall(r"`limner ([a-z]+)", page.read_text())) <= set(commands())


@pytest.mark.parametrize(("command", "option"), options())
def test_options_are_documented_with_their_command(command: str, option: str) -> None:
    sections = [part for part in COMMANDS.split("\n## ") if f"`limner {command}" in part.partition("\n")[0]]

    assert any(f"{option}`" in part or f"{option} " in part or f"{option}]" in part for part in sections)


@pytest.mark.parametrize("command", commands())
def test_commands_show_an_example_in_their_help(command: str) -> None:
    found = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]

    assert "Example:" in (found.help or "")


@pytest.mark.parametrize("key", spec_keys())
def test_configuration_keys_are_documented(key: str) -> None:
    assert f"`{key}`" in CONFIGURATION


def test_documented_configuration_keys_exist() -> None:
    assert [key for key in first_cells(CONFIGURATION) if key not in spec_keys()] == []


@pytest.mark.parametrize("name", [*get_args(Aggregate), *get_args(PropertyType)])
def test_aggregates_and_types_are_documented(name: str) -> None:
    assert re.search(rf"\b{name}\b", CONFIGURATION)


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_are_documented_as_they_are(name: str) -> None:
    error = getattr(errors, name)
    (row,) = [line for line in ERRORS.splitlines() if line.startswith(f"| `{name}`")]
    _, _, builtin, code, when, _ = (cell.strip() for cell in row.split("|"))

    assert issubclass(error, getattr(builtins, builtin.strip("`")))
    assert int(code) == error.exit_code
    assert when


def test_documented_errors_exist() -> None:
    assert sorted(first_cells(ERRORS)) == sorted(errors.__all__)


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_stand_in_the_tree_and_say_when(name: str) -> None:
    assert name in (errors.__doc__ or "")
    assert inspect.getdoc(getattr(errors, name))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = [
        (link, anchor)
        for link, anchor in LINK.findall(page.read_text())
        if not (page.parent / link).exists()
        or (anchor and anchor not in anchors((page.parent / link if link else page).read_text()))
    ]

    assert broken == []
