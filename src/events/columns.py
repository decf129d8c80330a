"""The log laid out for the kernel: a bucket as plain arrays, mapped into memory, made anew whenever they are missing.

The Delta table is the record. The arrays stand beside it in a folder named by the very files they were made from, so
they are never older than these; what no longer belongs to the published log is swept away by the next ingestion.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engines.duck import connect, quoted
from ..timeline import DAY, MICROS
from .log import KNOWN, EventLog

__all__ = ["HOURS", "MISSING", "WEEKDAYS", "Columns", "sweep"]

HOURS = tuple(f"{hour:02}" for hour in range(24))
"""Texts of the category `hour` that every event has, of its own time in UTC, unless a property bears that name."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""Texts of the category `weekday`, likewise."""

_FORMAT = 2
_FOLDER = "columns"
_ORDER = f"user_id, {KNOWN}, source_rank, event_id"

MISSING = -(2**63)
"""Stands in a number's row where an event has none."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Columns:
    """The events of a bucket, sorted by user, then known time, source rank and event id.

    Arrays: `offsets` (n_users + 1,) say where the events of each user begin; `seconds` (n_events,) when they were
    known, floored; `micros` (n_events,) when they happened; `types` (n_events,) index the names of types; `numbers`
    (n_numbers, n_events) are whole, MISSING where there is none; `codes` (n_categories, n_events) index the texts
    of their row, -1 where there is none. `names` says what types and rows are called, what texts a row has, and of
    which types some event lacks a property.
    """

    log: EventLog
    bucket: int
    folder: Path
    arrays: dict[str, Array]
    names: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, log: EventLog, bucket: int) -> Self:
        """The arrays of a bucket of the log; written beside it unless they are there, or it cannot be written to."""
        folder = log.store.root / _FOLDER / f"bucket={bucket}" / _key(log, bucket)
        if not (folder / "names.json").exists():
            arrays, names = _made(log, bucket)
            if not _written(folder, arrays, names):
                return cls(log, bucket, folder, arrays, names)
        return cls(log, bucket, folder, {}, json.loads((folder / "names.json").read_text()))

    def array(self, name: str) -> Array:
        """One of the arrays, mapped into memory.

        Copied where written to, which nobody does: the compiler takes arrays that cannot be written for another type,
        and would compile the kernel twice.
        """
        if name not in self.arrays:
            self.arrays[name] = np.load(self.folder / f"{name}.npy", mmap_mode="c")
        return self.arrays[name]

    def kept(self, key: str, make: Callable[[], Array]) -> Array:
        """An array that follows from the events, kept beside them once it was made; the key says how it is made."""
        name = f"made-{sha256(key.encode()).hexdigest()[:20]}"
        if name not in self.arrays and not (self.folder / f"{name}.npy").exists():
            made = make()
            if not _saved(self.folder / f"{name}.npy", made):
                self.arrays[name] = made
        return self.array(name)

    def users(self) -> Array:
        """The users `(n_users,)`, sorted texts."""
        joined, ends = self.array("user_text"), self.array("user_ends")
        buffers = [None, pa.py_buffer(np.ascontiguousarray(ends)), pa.py_buffer(np.ascontiguousarray(joined))]
        texts = pa.Array.from_buffers(pa.large_string(), len(ends) - 1, buffers)
        users: Array = texts.to_numpy(zero_copy_only=False)
        return users

    def select(self, expressions: Sequence[str]) -> list[pa.ChunkedArray]:
        """What SQL expressions over the log's columns give for each event, in the order of the arrays."""
        chosen = ", ".join(f"{one} AS {quoted(str(place))}" for place, one in enumerate(expressions))
        with connect(threads=1) as con:
            table = con.sql(
                f"SELECT {chosen} FROM ({self.log.events_sql(self.bucket)}) ORDER BY {_ORDER}"
            ).to_arrow_table()
        return list(table.columns)


def sweep(log: EventLog) -> None:
    """Remove what was laid out for files that are no longer published. Only under the store's lock."""
    kept = {(f"bucket={bucket}", _key(log, bucket)) for bucket in range(log.buckets)}
    for folder in (log.store.root / _FOLDER).glob("bucket=*/*"):
        if (folder.parent.name, folder.name) not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _key(log: EventLog, bucket: int) -> str:
    """The sha256 of the files of the bucket and of how they are read."""
    files = [Path(path).name for path in log.store.files("events", bucket=str(bucket))]
    properties = {name: [one.type, one.decimals] for name, one in sorted(log.properties.items())}
    return sha256(json.dumps([_FORMAT, files, properties]).encode()).hexdigest()[:24]


def _made(log: EventLog, bucket: int) -> tuple[dict[str, Array], dict[str, Any]]:
    with connect(threads=1) as con:
        fixed = f"user_id, epoch_us({KNOWN}) AS known, epoch_us(event_time) AS micros, event_type"
        properties = [
            f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" if one.type == "flag" else quoted(name)
            for name, one in log.properties.items()
        ]
        chosen = ", ".join([fixed, *properties])
        table = con.sql(f"SELECT {chosen} FROM ({log.events_sql(bucket)}) ORDER BY {_ORDER}").to_arrow_table()
    type_codes, type_names = _coded(table["event_type"])
    numbers = [name for name, one in log.properties.items() if one.type == "number"]
    categories = [name for name, one in log.properties.items() if one.type != "number"]
    coded = {name: _coded(table[name]) for name in categories}
    coded |= {
        name: one for name, one in _of_time(_array(table["micros"]) // MICROS).items() if name not in log.properties
    }
    categories = list(coded)
    joined, ends, offsets = _users(table["user_id"])
    arrays = {
        "user_text": joined,
        "user_ends": ends,
        "offsets": offsets,
        "seconds": _array(table["known"]) // MICROS,
        "micros": _array(table["micros"]),
        "types": type_codes,
        "numbers": _stacked([_array(pc.fill_null(table[name], MISSING)) for name in numbers], len(table), np.int64),
        "codes": _stacked([coded[name][0] for name in categories], len(table), np.int32),
    }
    lacks = {name: arrays["numbers"][row] == MISSING for row, name in enumerate(numbers)}
    lacks |= {name: arrays["codes"][row] < 0 for row, name in enumerate(categories)}
    names = {
        "types": type_names,
        "numbers": numbers,
        "categories": categories,
        "texts": [coded[name][1] for name in categories],
        "lacking": {name: _types_where(lack, type_codes, type_names) for name, lack in lacks.items()},
    }
    return arrays, names


def _users(column: pa.ChunkedArray) -> tuple[Array, Array, Array]:
    """The texts of the distinct users of a sorted column, where each ends, and where the events of each begin."""
    encoded = column.combine_chunks().dictionary_encode()
    counts = np.bincount(encoded.indices.to_numpy(), minlength=len(encoded.dictionary))
    texts = [text.encode() for text in encoded.dictionary.to_pylist()]
    ends = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    return np.frombuffer(b"".join(texts), np.uint8), ends, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _coded(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int32], list[str]]:
    encoded = column.combine_chunks().dictionary_encode()
    return _array(pc.fill_null(encoded.indices, -1)).astype(np.int32), encoded.dictionary.to_pylist()


def _of_time(seconds: Array) -> dict[str, tuple[npt.NDArray[np.int32], list[str]]]:
    """The hour and the weekday of each event; 1970 began on a Thursday."""
    hours, weekdays = seconds // 3_600 % 24, (seconds // DAY + 3) % 7
    return {"hour": (hours.astype(np.int32), list(HOURS)), "weekday": (weekdays.astype(np.int32), list(WEEKDAYS))}


def _types_where(lacks: Array, types: Array, names: Sequence[str]) -> list[str]:
    found = np.bincount(types[lacks], minlength=len(names)) > 0
    return [name for name, one in zip(names, found, strict=True) if one]


def _stacked(rows: Sequence[Array], n_events: int, dtype: type[np.generic]) -> Array:
    return np.stack(rows).astype(dtype, copy=False) if rows else np.empty((0, n_events), dtype)


def _written(folder: Path, arrays: Mapping[str, Array], names: Mapping[str, Any]) -> bool:
    """Whether the arrays could be put into the folder, whole or not at all."""
    fresh = folder.with_name(f".{uuid4().hex}")
    try:
        fresh.mkdir(parents=True)
        for name, array in arrays.items():
            np.save(fresh / f"{name}.npy", array)
        (fresh / "names.json").write_text(json.dumps(names, ensure_ascii=False))
        if not folder.exists():
            fresh.replace(folder)
    except OSError:
        return folder.exists()
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def _saved(path: Path, array: Array) -> bool:
    fresh = path.with_name(f".{uuid4().hex}.npy")
    try:
        np.save(fresh, array)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        return False
    return True


def _array(column: Any) -> Array:
    array: Array = column.to_numpy() if isinstance(column, pa.ChunkedArray) else column.to_numpy(zero_copy_only=False)
    return array
