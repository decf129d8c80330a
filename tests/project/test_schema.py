import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from limner.project.document import read_document
from limner.project.schema import json_schema, schema_text

CONFIGS = Path(__file__).parents[2] / "configs"
REFERENCE = (CONFIGS / "reference.yaml").read_text()
LINES = [line for line in REFERENCE.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def resolved(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A node of the schema and all that it may be instead."""
    if "$ref" in node:
        yield from resolved(json_schema()["$defs"][node["$ref"].rsplit("/", 1)[-1]])
        return
    yield node
    for branch in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from resolved(branch)


def keys_used(node: Mapping[str, Any], value: Any) -> Iterator[tuple[str, str]]:
    """Each (part of the schema, key) that a value uses."""
    for one in resolved(node):
        if not isinstance(value, dict):
            continue
        known = one.get("properties", {})
        if known and "kind" in value and value["kind"] != known.get("kind", {}).get("const", value["kind"]):
            continue
        for key, inner in value.items():
            if key in known:
                yield one["title"], key
                yield from keys_used(known[key], inner)
            elif isinstance(one.get("additionalProperties"), dict):
                yield from keys_used(one["additionalProperties"], inner)


def every_key() -> list[tuple[str, str]]:
    schema = json_schema()
    return [(part["title"], key) for part in (schema, *schema["$defs"].values()) for key in part["properties"]]


def test_the_schema_that_editors_read_is_the_one_in_force() -> None:
    assert (CONFIGS / "schema.json").read_text() == schema_text(), "run: make schema"


@pytest.mark.parametrize(("part", "key"), every_key(), ids=".".join)
def test_the_schema_explains_every_key(part: str, key: str) -> None:
    schema = json_schema()
    node = schema if part == schema["title"] else schema["$defs"][part]

    assert key == "kind" or node["properties"][key]["description"]


def test_defaults_are_written_as_people_write_them() -> None:
    assert json_schema()["properties"]["max_staleness"]["default"] == "3d"
    assert json_schema()["$defs"]["PredictiveSpec"]["properties"]["tiers"]["default"]["high"] == "10%"
    assert '"seconds"' not in json.dumps(json_schema())


def test_the_reference_shows_every_key() -> None:
    shown = set(keys_used(json_schema(), read_document(REFERENCE).value))
    common = {"title", "description", "purpose", "owner", "valid_for", "cohort", "state"}
    of_any = {*common, "instead"}
    missing = {(part, key) for part, key in every_key() if (part, key) not in shown}

    assert {one for one in missing if one[1] not in of_any} == set()
    assert {("PredictiveSpec", key) for key in common} <= shown


@pytest.mark.parametrize("key", sorted({key for _, key in every_key()}))
def test_the_reference_explains_every_key(key: str) -> None:
    explained = [line for line in LINES if f"{key}:" in line and "#" in line]
    headed = [place for place, line in enumerate(LINES) if line.strip() == f"{key}:" and "#" in LINES[place + 1]]

    assert explained or headed
