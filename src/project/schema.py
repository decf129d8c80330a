"""The JSON Schema of the project file, so that editors complete and check it."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from ..quantities import Band, Duration, Share
from ..specs import Spec
from .spec import ProjectSpec

__all__ = ["json_schema", "schema_text"]


@cache
def json_schema() -> dict[str, Any]:
    """The schema, draft 2020-12; kept in configs/schema.json."""
    schema = ProjectSpec.model_json_schema(schema_generator=_Generator)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """The schema as configs/schema.json holds it; `make schema` writes it there."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Writes defaults as the project file writes them, and no titles, which would say each key twice."""

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """The schema of a part of the file, each key described by the text that stands under it in the class.

        Pydantic would read these from the source of each class at every start, which takes longer than all else.
        """
        found = super().model_schema(schema)
        for key, text in _descriptions(schema["cls"]).items():
            found["properties"][key]["description"] = text
        return found

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Band | Duration | Share):
            return str(dft)
        if isinstance(dft, Mapping):
            return {name: self.encode_default(one) for name, one in dft.items()}
        return super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _descriptions(spec: type[Spec]) -> dict[str, str]:
    """What the texts under the fields of a class say, by the keys that stand for these in the file."""
    said = {name: text for one in reversed(spec.mro()) if issubclass(one, Spec) for name, text in _texts(one)}
    return {spec.model_fields[name].alias or name: text for name, text in said.items()}


def _texts(spec: type[Spec]) -> list[tuple[str, str]]:
    """The fields that a class itself declares, each with the text under it; none where its source was not installed."""
    try:
        source = inspect.getsource(spec)
    except OSError:
        return []
    (tree,) = ast.parse(dedent(source)).body
    return [
        (field.target.id, inspect.cleandoc(text.value.value))
        for field, text in pairwise(tree.body if isinstance(tree, ast.ClassDef) else [])
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    ]
