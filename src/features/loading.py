"""From the event log to a bucket of arrays: DuckDB filters, projects and sorts; nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..engines.duck import literal
from ..errors import RefusedError
from ..events.columns import Columns
from .bucket import Bucket, Membership, Needs, Properties, Stream
from .expressions import condition
from .spec import OF_TIME

if TYPE_CHECKING:
    from ..events.log import EventLog, Property

__all__ = ["load_bucket", "require_answerable", "stream_sql"]


def load_bucket(log: EventLog, bucket: int, needs: Needs, since: int | None = None) -> Bucket:
    """The events of a bucket, mapped into memory: what is not touched is not read.

    Args:
        since: the second before which nothing was known that is wanted; all events when None.

    Raises:
        RefusedError: the log lacks a property, or has it in another type.
        SpecError: a condition of a stream cannot be read.
    """
    _refuse_unknown(log.properties, needs)
    columns = Columns.of(log, bucket, since)
    return Bucket(
        named=columns.users,
        offsets=columns.array("offsets"),
        seconds=columns.array("seconds"),
        micros=columns.array("micros"),
        membership=_membership(log, columns, needs.streams),
        properties=_properties(log, columns),
        event_ids=partial(_ids, columns) if needs.event_ids else None,
    )


def require_answerable(log: EventLog, needs: Needs) -> None:
    """Nothing, when the log can be asked all this; no event is read.

    Raises:
        RefusedError: the log lacks a property, or has it in another type.
        SpecError: a condition of a stream cannot be read.
    """
    _refuse_unknown(log.properties, needs)
    for stream in needs.streams.values():
        stream_sql(stream, log.properties)


def stream_sql(stream: Stream, properties: Mapping[str, Property]) -> str:
    """The SQL that tells whether an event of the log belongs to the stream; never null.

    Raises:
        SpecError: its condition cannot be read.
    """
    is_type = f"event_type = {literal(stream.event_type)}"
    if stream.where is None:
        return is_type
    return f"({is_type} AND coalesce({condition(stream.where, properties)}, false))"


def _membership(log: EventLog, columns: Columns, streams: Mapping[str, Stream]) -> Membership:
    """Which streams hold each event: a type's own first, then those with a condition, each evaluated once by DuckDB."""
    plain = {name: stream for name, stream in streams.items() if stream.where is None}
    conditional = {
        name: stream_sql(stream, log.properties) for name, stream in streams.items() if stream.where is not None
    }
    held = [
        frozenset(name for name, stream in plain.items() if stream.event_type == one) for one in columns.names.types
    ]
    if not conditional:
        return Membership(columns.array("types"), tuple(held))
    masks = {name: columns.holds(sql) for name, sql in conditional.items()}
    return Membership(columns.array("types"), tuple(held)).split(masks)


def _properties(log: EventLog, columns: Columns) -> Properties:
    names = columns.names
    return Properties(
        number_names=names.numbers,
        decimals=tuple(log.properties[name].decimals for name in names.numbers),
        numbers=columns.array("numbers"),
        category_names=names.categories,
        texts=names.texts,
        codes=columns.array("codes"),
        lacking=names.lacking,
        largest=names.largest,
    )


def _ids(columns: Columns, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    found: npt.NDArray[np.object_] = columns.values("event_id")[positions]
    return found


def _refuse_unknown(properties: Mapping[str, Property], needs: Needs) -> None:
    for name in sorted(needs.numbers | needs.categories):
        wanted = "number" if name in needs.numbers else "category or flag"
        if name not in properties and name in OF_TIME:
            continue
        if name not in properties:
            raise RefusedError(f"the log has no property {name}; a source must deliver it as a {wanted}")
        if properties[name].type not in wanted:
            raise RefusedError(f"property {name} is a {properties[name].type} in the log and must be a {wanted}")
