from pathlib import Path

import pytest

from limner.tags.changes import CHANGES
from limner.tags.rows import REASONS, SCHEMA

PAGE = (Path(__file__).parents[2] / "docs" / "tables.md").read_text()


@pytest.mark.parametrize("name", [*SCHEMA.names, *CHANGES.names, *(field.name for field in REASONS.value_type)])
def test_every_column_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGE
