"""From a Parquet file of the log to plain arrays, sorted by user."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engines.duck import quoted, read_parquet, reading
from ..engines.seals import require_unchanged
from ..timeline import DAY, MICROS
from .log import EVENT_COLUMNS, KNOWN, ORDER
from .plain import column, plain
from .texts import packed

__all__ = ["HOURS", "HOUR_ROW", "MISSING", "WEEKDAYS", "WEEKDAY_ROW", "laid_out"]

HOURS = tuple(f"{hour:02}" for hour in range(24))
"""Texts of the category `hour` that every event has, of its own time in UTC."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""Texts of the category `weekday`, likewise."""
HOUR_ROW, WEEKDAY_ROW = ":hour", ":weekday"
"""What these categories are called in a segment, where no property can bear that name."""

MISSING = -(2**63)
"""Stands in a number's row where an event has none."""

Array = npt.NDArray[Any]
Coded = tuple[npt.NDArray[np.int32], list[str]]


def laid_out(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the names of a segment, made of the whole file.

    Raises:
        DamagedError: the file is not what was written.
    """
    require_unchanged(path)
    table, numbers, categories = _read(path)
    types, type_names = _coded(table["event_type"])
    coded = {name: _coded(table[name]) for name in categories}
    coded |= _of_time(plain(table[":micros"]) // MICROS)
    text, text_ends, offsets, order = _by_user(table["user_id"])
    known = plain(table[":known"])[order]
    arrays = {
        "user_text": text,
        "user_ends": text_ends,
        "offsets": offsets,
        "rows": plain(table[":row"])[order].astype(np.int32),
        "seconds": known // MICROS,
        "fractions": (known % MICROS).astype(np.int32),
        "micros": plain(table[":micros"])[order],
        "types": types[order],
        "numbers": _stacked([_filled(table[name], np.int64(MISSING)) for name in numbers], order, np.int64),
        "codes": _stacked([codes for codes, _ in coded.values()], order, np.int32),
    }
    lacks = {name: arrays["numbers"][row] == MISSING for row, name in enumerate(numbers)}
    lacks |= {name: arrays["codes"][row] < 0 for row, name in enumerate(categories)}
    names = {
        "types": type_names,
        "numbers": numbers,
        "categories": list(coded),
        "texts": [texts for _, texts in coded.values()],
        "largest": {name: _largest(row[~lacks[name]]) for name, row in zip(numbers, arrays["numbers"], strict=True)},
        "lacking": {name: _types_where(lack, arrays["types"], type_names) for name, lack in lacks.items()},
        "first": int(arrays["seconds"].min()) if len(table) else None,
        "last": int(arrays["seconds"].max()) if len(table) else None,
    }
    return arrays, names


def _read(path: Path) -> tuple[pa.Table, list[str], list[str]]:
    """The file in its order, with `:known`, `:micros` and `:row`; the names of its numbers, and of its categories."""
    file = read_parquet([path], "file_row_number = true")
    with reading() as con:
        all_ = con.sql(f"SELECT * EXCLUDE (file_row_number) FROM {file}")
        described = zip(all_.columns, all_.types, strict=True)
        types = {name: str(type_) for name, type_ in described if name not in EVENT_COLUMNS}
        properties = [
            f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" if type_ == "BOOLEAN" else quoted(name)
            for name, type_ in types.items()
        ]
        times = f'epoch_us({KNOWN}) AS ":known", epoch_us(event_time) AS ":micros"'
        chosen = ", ".join(["user_id", times, "event_type", 'file_row_number AS ":row"', *properties])
        table = con.sql(f"SELECT {chosen} FROM {file}").to_arrow_table()
        if len(table) > 1 and (np.diff(plain(table[":known"])) < 0).any():
            table = con.sql(f"SELECT {chosen} FROM {file} ORDER BY {ORDER}").to_arrow_table()
    numbers = sorted(name for name, type_ in types.items() if type_ == "BIGINT")
    return table, numbers, sorted(types.keys() - set(numbers))


def _by_user(users: pa.ChunkedArray) -> tuple[Array, Array, Array, Array]:
    """The distinct users as joined texts and their ends, where the events of each begin, and the order by user."""
    encoded = users.combine_chunks().dictionary_encode()
    places = pc.sort_indices(encoded.dictionary)
    rank = np.empty(len(places), np.int64)
    rank[plain(places)] = np.arange(len(places))
    user = rank[plain(encoded.indices)]
    joined, ends = packed(encoded.dictionary.take(places))
    counts = np.bincount(user, minlength=len(places))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return joined, ends, offsets, _stable_order(user)


def _stable_order(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """What sorts the keys and keeps equal ones as they stand; numpy sorts 16 bits by radix, so that is done twice."""
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    high = keys >> 16
    if high.any():
        order = order[np.argsort(high[order].astype(np.uint16), kind="stable")]
    return order.astype(np.int64)


def _coded(texts: pa.ChunkedArray) -> Coded:
    encoded = texts.combine_chunks().dictionary_encode()
    return _filled(encoded.indices, np.int32(-1)), encoded.dictionary.to_pylist()


def _of_time(seconds: Array) -> dict[str, Coded]:
    """The hour and the weekday of each event; 1970 began on a Thursday."""
    hours, weekdays = seconds // 3_600 % 24, (seconds // DAY + 3) % 7
    return {HOUR_ROW: (hours.astype(np.int32), list(HOURS)), WEEKDAY_ROW: (weekdays.astype(np.int32), list(WEEKDAYS))}


def _types_where(lacks: Array, types: Array, names: Sequence[str]) -> list[str]:
    found = np.bincount(types[lacks], minlength=len(names)) > 0
    return [name for name, one in zip(names, found, strict=True) if one]


def _largest(numbers: Array) -> int:
    return int(np.abs(numbers).max(initial=0))


def _stacked(rows: Sequence[Array], order: Array, dtype: type[np.generic]) -> Array:
    stacked = np.empty((len(rows), len(order)), dtype)
    for place, row in enumerate(rows):
        np.take(row, order, out=stacked[place])
    return stacked


def _filled(numbers: pa.Array | pa.ChunkedArray, lacking: np.integer[Any]) -> Array:
    """The numbers, and where there is none the one that says so."""
    (instead,) = column(np.array([lacking]))
    return plain(pc.fill_null(numbers, instead))
