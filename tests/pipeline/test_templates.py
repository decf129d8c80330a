import re
from pathlib import Path
from typing import Any

import pytest

from limner.pipeline.workspace import Workspace
from limner.project import Project, load
from limner.project.document import read_document
from limner.project.templates import templates, write_template

from .raw import CLOCK, write_raw

NAMES = ("commerce", "content", "leads")
DOCS = (Path(__file__).parents[2] / "docs" / "tags.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)


def without_predictions(project: Project) -> list[str]:
    """The tags that need no training, however deep they rest on others."""
    tags, below = project.spec.tags, project.below
    plain: list[str] = []
    for _ in tags:
        plain = [tag for tag in tags if tags[tag].kind != "predictive" and set(below[tag]) <= set(plain)]
    return plain


def declared(name: str) -> dict[str, Any]:
    tags: dict[str, Any] = read_document(templates()[name].text).value["tags"]
    return tags


def test_the_templates_are_those_of_the_folder() -> None:
    folder = Path(__file__).parents[2] / "configs" / "templates"

    assert tuple(templates()) == NAMES == tuple(sorted(path.stem for path in folder.glob("*.yaml")))
    for name, template in templates().items():
        assert template.text == (folder / f"{name}.yaml").read_text()
        assert 20 < len(template.summary) < 125


@pytest.mark.parametrize("name", NAMES)
def test_a_template_tags_a_made_up_log(tmp_path: Path, name: str) -> None:
    path = tmp_path / "configs" / f"{name}.yaml"
    write_template(name, path)
    write_raw(load(path))
    workspace = Workspace.open(path, CLOCK)
    plain = without_predictions(workspace.project)

    workspace.ingest()
    result = workspace.score(plain)

    told = {one.tag: (one.outcome, one.reason) for one in result.outcomes}
    assert told == dict.fromkeys(told, ("published", None))
    assert len(told) == len(plain) >= 8
    assert {one.tag: one.rows for one in result.outcomes if not one.rows} == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_every_kind_and_says_it_in_both_languages(name: str) -> None:
    tags = declared(name)

    assert {tag["kind"] for tag in tags.values()} == {"fact", "rule", "predictive"}
    assert [tag for tag, spec in tags.items() if set(spec["title"]) != {"en", "zh"}] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_documentation_stand_in_a_template(example: str) -> None:
    told = read_document(example).value

    assert told
    for tag, spec in told.items():
        known = [declared(name).get(tag, {}) for name in NAMES]
        assert any(spec.items() <= one.items() for one in known), tag
