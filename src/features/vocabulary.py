"""The values of categories that get codes and features of their own, as known before an instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..engines.duck import connect, literal, quoted
from ..events.columns import HOURS, WEEKDAYS
from ..events.log import KNOWN
from ..timeline import MICROS
from .bucket import Stream
from .loading import stream_sql
from .plan import AttributeSource
from .spec import FeaturesSpec

if TYPE_CHECKING:
    import duckdb

    from ..events.log import EventLog, Property

__all__ = ["LARGEST", "Vocabularies", "fit_vocabularies"]

LARGEST = 255
"""Values that get codes of their own in an attribute or a trigger's property; rarer ones are `other`."""


@dataclass(frozen=True)
class Vocabularies:
    """Texts by name, most frequent first: properties in parts, attributes, and the trigger's properties."""

    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def fit_vocabularies(
    log: EventLog,
    features: FeaturesSpec,
    attributes: Mapping[str, AttributeSource],
    known: Mapping[str, Property],
    before: int,
) -> Vocabularies:
    """The vocabularies of what was known before a second; of equally frequent texts the first by name.

    Args:
        attributes: those that are features, by name.
        known: properties of a trigger that are features, by name.
    """
    past = f"SELECT * FROM ({log.events_sql()}) WHERE epoch_us({KNOWN}) < {before * MICROS}"
    with connect() as con:
        return Vocabularies(
            parts={
                name: _of_time(log, name)
                or _frequent(con, f"{past} AND {_of_signal(log, features, by.signal)}", name, by.top)
                for name, by in features.by.items()
            },
            attributes={
                name: _frequent(con, _facts(log, one, before), one.column, LARGEST)
                for name, one in attributes.items()
                if one.type == "category"
            },
            known={name: _frequent(con, past, name, LARGEST) for name, one in known.items() if one.type == "category"},
        )


def _of_time(log: EventLog, name: str) -> tuple[str, ...]:
    """All values of a category that every event has; none for a property of the sources."""
    return () if name in log.properties else {"hour": HOURS, "weekday": WEEKDAYS}.get(name, ())


def _of_signal(log: EventLog, features: FeaturesSpec, name: str) -> str:
    signal = features.signals[name]
    return stream_sql(Stream(signal.event_type, signal.where), log.properties)


def _facts(log: EventLog, source: AttributeSource, before: int) -> str:
    files = ", ".join(literal(path) for path in log.store.files(f"attributes_{source.table}"))
    if not files:
        return f"SELECT CAST(NULL AS VARCHAR) AS {quoted(source.column)}"
    dated = f"valid_from IS NULL OR epoch_us(valid_from) < {before * MICROS}"
    return f"SELECT * FROM read_parquet([{files}], hive_partitioning = false) WHERE {dated}"


def _frequent(con: duckdb.DuckDBPyConnection, rows: str, column: str, most: int) -> tuple[str, ...]:
    found = con.sql(f"""
        SELECT CAST({quoted(column)} AS VARCHAR) AS text FROM ({rows}) WHERE {quoted(column)} IS NOT NULL
        GROUP BY text ORDER BY count(*) DESC, text LIMIT {most}
    """)
    return tuple(text for (text,) in found.fetchall())
