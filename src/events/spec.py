"""What the project file says of its sources, attributes and ingestion."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..quantities import Share
from ..specs import Spec

__all__ = ["RESERVED_NAMES", "AttributeSpec", "AttributesSpec", "ColumnRef", "IngestSpec", "PropertySpec", "SourceSpec"]

PropertyType = Literal["number", "category", "flag"]

RESERVED_NAMES = frozenset(
    {"bucket", "user_id", "event_time", "available_time", "event_type", "event_id", "source", "source_rank"}
)
"""Columns of the event log itself; a property may not take one of these names."""


class ColumnRef(Spec):
    """A value that stands in a column of the source."""

    column: str
    """name of the column in the file"""


class PropertySpec(Spec):
    """A typed column of an event."""

    column: str
    """name of the column in the file"""
    type: PropertyType
    """number, category or flag"""
    decimals: int = Field(default=2, ge=0, le=9)
    """digits kept after the point of a number; numbers are exact, so more digits in the file are refused"""
    round: bool = False
    """round numbers to `decimals` (half to even) instead of refusing them"""


class SourceSpec(Spec):
    """A stream of events: where it is read and how its columns are named here."""

    read: str
    """a file or a glob: parquet, csv or jsonl, relative to the project"""
    event_type: str | ColumnRef
    """one name for all rows, or the column that holds it"""
    user_id: str
    """column that names the user"""
    event_time: str
    """column that says when it happened: a timestamp, a date or ISO 8601 text"""
    available_time: str | None = None
    """column that says when the event could first be known; the later of both counts for features"""
    timezone: str = "UTC"
    """IANA zone of times that carry none"""
    known: Literal["start_of_day", "end_of_day"] = "end_of_day"
    """when a date without a time is known"""
    event_id: tuple[str, ...] | None = None
    """columns that together name an event; without them the row itself does"""
    properties: dict[str, PropertySpec] = Field(default_factory=dict)
    """typed columns to keep, by the name they have here"""


class AttributeSpec(Spec):
    """A typed column of an attribute table."""

    type: PropertyType = "category"
    """number, category or flag"""
    decimals: int = Field(default=2, ge=0, le=9)
    """digits kept after the point of a number"""


class AttributesSpec(Spec):
    """A table of facts about users, dated or not."""

    read: str
    """a file or a glob: parquet, csv or jsonl, relative to the project"""
    user_id: str
    """column that names the user"""
    valid_from: str | None = None
    """column that says since when the fact holds; without it the fact is undated and reported as a leak risk"""
    timezone: str = "UTC"
    """IANA zone of times that carry none"""
    known: Literal["start_of_day", "end_of_day"] = "end_of_day"
    """when a date without a time is known"""
    columns: dict[str, PropertyType | AttributeSpec]
    """columns to keep and their types"""


class IngestSpec(Spec):
    """How rows get into the log."""

    buckets: int = Field(default=1, ge=1, le=4096)
    """parts the log is divided into by user; fixed when the log is first written"""
    max_quarantined: Share = Share.parse("1%")
    """share of bad rows above which nothing is ingested"""
    memory: str = Field(default="2GB", pattern=r"^[1-9][0-9]*(\.[0-9]+)? ?(MB|GB|TB)$")
    """what reading and sorting may take, such as 500MB; beyond it they work on disk"""
