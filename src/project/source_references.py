"""What sources and attribute tables say of each other: one type for each property, one table for each attribute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo, available_timezones

from ..events.spec import RESERVED_NAMES, AttributeSpec, AttributesSpec, PropertySpec, SourceSpec
from .deliveries import listed
from .document import Path, Problem
from .plausible import blank, repeated, wrong_names
from .validation import guess

__all__ = ["attribute_problems", "attribute_types", "source_problems", "wrong_attribute"]

_OF_ATTRIBUTES = frozenset({"bucket", "source", "user_id", "valid_from"})
"""Columns of a stored attribute table itself."""


def source_problems(sources: Mapping[str, SourceSpec]) -> Iterator[Problem]:
    """What is wrong with names, zones and properties of the sources."""
    yield from wrong_names(("sources",), sources)
    first: dict[str, tuple[str, PropertySpec]] = {}
    for name, source in sources.items():
        at: Path = ("sources", name)
        yield from blank(at, source, ("read", "event_type", "user_id", "event_time"))
        yield from _wrong_zone((*at, "timezone"), source.timezone)
        yield from repeated((*at, "event_id"), source.event_id or ())
        yield from wrong_names((*at, "properties"), source.properties)
        for property_, spec in source.properties.items():
            where = (*at, "properties", property_)
            yield from _reserved(where, property_, RESERVED_NAMES)
            yield from _idle_decimals(where, spec)
            other, declared = first.setdefault(property_, (name, spec))
            if _told(spec) != _told(declared):
                yield Problem(
                    where,
                    f"is a {_told(spec)} here and a {_told(declared)} in sources.{other}; "
                    "declare both alike, or give one of them another name",
                )


def attribute_problems(tables: Mapping[str, AttributesSpec]) -> Iterator[Problem]:
    """What is wrong with names and zones of the attribute tables."""
    yield from wrong_names(("attributes",), tables)
    for name, table in tables.items():
        at: Path = ("attributes", name)
        yield from blank(at, table, ("read", "user_id"))
        yield from _wrong_zone((*at, "timezone"), table.timezone)
        yield from wrong_names((*at, "columns"), table.columns)
        for column, spec in table.columns.items():
            yield from _reserved((*at, "columns", column), column, _OF_ATTRIBUTES)
            if isinstance(spec, AttributeSpec):
                yield from _idle_decimals((*at, "columns", column), spec)


def attribute_types(tables: Mapping[str, AttributesSpec]) -> dict[str, str]:
    """The type of every attribute, by name."""
    columns = [one for table in tables.values() for one in table.columns.items()]
    return {name: spec.type if isinstance(spec, AttributeSpec) else spec for name, spec in columns}


def wrong_attribute(path: Path, name: str, tables: Mapping[str, AttributesSpec]) -> Iterator[Problem]:
    """A problem where no attribute table has the attribute, or more than one."""
    having = [table for table, spec in tables.items() if name in spec.columns]
    if not having:
        known = attribute_types(tables)
        yield Problem(path, f'there is no attribute "{name}"{guess(name, known)}; allowed: {listed(known)}')
    elif len(having) > 1:
        tables_named = " and ".join(f"attributes.{table}" for table in having)
        yield Problem(path, f"{name} is a column of {tables_named}; keep it in one of them")


def _wrong_zone(path: Path, zone: str) -> Iterator[Problem]:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        near = guess(zone, available_timezones())
        yield Problem(path, f'"{zone}" is not a time zone{near}; write an IANA name such as UTC or Asia/Shanghai')


def _reserved(path: Path, name: str, reserved: frozenset[str]) -> Iterator[Problem]:
    if name in reserved:
        yield Problem(
            path, f"{name} is a column of the store itself; take another name than {listed(reserved)}", at_key=True
        )


def _idle_decimals(path: Path, spec: PropertySpec | AttributeSpec) -> Iterator[Problem]:
    for key in sorted(spec.model_fields_set & {"decimals", "round"}):
        if spec.type != "number":
            yield Problem((*path, key), f"a {spec.type} has no {key}; leave it out, or write type: number", at_key=True)


def _told(spec: PropertySpec) -> str:
    return f"number with {spec.decimals} decimals" if spec.type == "number" else spec.type
