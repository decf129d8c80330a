"""The attribute tables of a project, as features and facts read them."""

from __future__ import annotations

from ..engines.store import Store
from ..events.attributes import attribute_types, read_attributes
from ..features.attributes import Attributes
from ..features.plan import AttributeSource
from ..project.spec import ProjectSpec

__all__ = ["attributes_of"]


def attributes_of(spec: ProjectSpec, store: Store) -> Attributes:
    """Where each declared attribute is found, and the tables of a bucket as published."""
    sources = {
        column: AttributeSource(table, column, kept.type, kept.decimals, declared.valid_from is not None)
        for table, declared in spec.attributes.items()
        for column, kept in attribute_types(declared).items()
    }
    return Attributes(
        sources, lambda bucket: {table: read_attributes(store, table, bucket) for table in spec.attributes}
    )
