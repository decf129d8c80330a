"""From the event log to a bucket of arrays: DuckDB filters, projects and sorts; nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engines.duck import connect, literal, quoted
from ..errors import RefusedError
from ..events.log import KNOWN
from ..timeline import MICROS
from .bucket import Bucket, Categories, Membership, Needs, Numbers, Stream
from .expressions import condition

if TYPE_CHECKING:
    from ..events.log import EventLog, Property

__all__ = ["load_bucket", "stream_sql"]


def load_bucket(log: EventLog, bucket: int, needs: Needs) -> Bucket:
    """All events of the bucket's users, with what was asked for and nothing else.

    Raises:
        RefusedError: the log lacks a property, or has it in another type.
        SpecError: a condition of a stream cannot be read.
    """
    _refuse_unknown(log.properties, needs)
    with connect(threads=1) as con:
        table = log.read_bucket(bucket, _columns(log.properties, needs), con)
    users, offsets = _users(table["user_id"])
    return Bucket(
        users=users,
        offsets=offsets,
        seconds=_array(table["known"]) // MICROS,
        micros=_array(table["micros"]),
        membership=Membership.of({name: _array(table[f"stream {name}"]) for name in needs.streams}, len(table)),
        numbers={name: _numbers(table[f"property {name}"], log.properties[name]) for name in sorted(needs.numbers)},
        categories={name: _categories(table[f"property {name}"]) for name in sorted(needs.categories)},
        event_ids=_array(table["id"]) if needs.event_ids else None,
    )


def stream_sql(stream: Stream, properties: Mapping[str, Property]) -> str:
    """The SQL that tells whether an event of the log belongs to the stream; never null.

    Raises:
        SpecError: its condition cannot be read.
    """
    is_type = f"event_type = {literal(stream.event_type)}"
    if stream.where is None:
        return is_type
    return f"({is_type} AND coalesce({condition(stream.where, properties)}, false))"


def _columns(properties: Mapping[str, Property], needs: Needs) -> dict[str, str]:
    columns = {
        "user_id": "user_id",
        "known": f"epoch_us({KNOWN})",
        "micros": "epoch_us(event_time)",
    }
    columns |= {f"stream {name}": stream_sql(stream, properties) for name, stream in needs.streams.items()}
    columns |= {f"property {name}": quoted(name) for name in needs.numbers | needs.categories}
    return columns | ({"id": "event_id"} if needs.event_ids else {})


def _refuse_unknown(properties: Mapping[str, Property], needs: Needs) -> None:
    for name in sorted(needs.numbers | needs.categories):
        wanted = "number" if name in needs.numbers else "category or flag"
        if name not in properties:
            raise RefusedError(f"the log has no property {name}; a source must deliver it as a {wanted}")
        if properties[name].type not in wanted:
            raise RefusedError(f"property {name} is a {properties[name].type} in the log and must be a {wanted}")


def _users(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """The distinct users of a sorted column, and where the events of each begin."""
    encoded = column.combine_chunks().dictionary_encode()
    users: npt.NDArray[np.object_] = encoded.dictionary.to_numpy(zero_copy_only=False).astype(object)
    counts = np.bincount(encoded.indices.to_numpy(), minlength=len(users))
    return users, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _numbers(column: pa.ChunkedArray, property: Property) -> Numbers:
    missing = _array(pc.is_null(column))
    return Numbers(_array(pc.fill_null(column, 0)), missing, property.decimals)


def _categories(column: pa.ChunkedArray) -> Categories:
    encoded = pc.cast(column, pa.string()).combine_chunks().dictionary_encode()
    codes = _array(pc.fill_null(encoded.indices, -1))
    return Categories(codes.astype(np.int32), tuple(encoded.dictionary.to_pylist()))


def _array(column: Any) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = column.to_numpy() if isinstance(column, pa.ChunkedArray) else column.to_numpy(False)
    return array
