"""The JSON Schema of the project file, so that editors complete and check it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from ..quantities import Band, Duration, Share
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

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Band | Duration | Share):
            return str(dft)
        if isinstance(dft, Mapping):
            return {name: self.encode_default(one) for name, one in dft.items()}
        return super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
