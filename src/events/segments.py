"""A file of the log laid out for the kernel: plain arrays, mapped into memory, made anew whenever they are missing."""

from __future__ import annotations

import json
import mmap
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..engines.files import whole_folder
from .layout import MISSING, laid_out
from .texts import unpacked

__all__ = ["FOLDER", "Segment"]

FOLDER = "columns"
"""Where segments stand inside a store."""

_FORMAT = 6
_ARRAYS = "arrays.npy"
"""All arrays of a segment, one behind the other: a file of its own for each took longer to open than to read."""
_ALIGNED = 64
"""Bytes of which a saved array begins at a multiple."""
_PREFIX = 10
"""Bytes of a saved array that say what follows, and how long its header is in the last two of them."""
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(?P<dtype>[^']+)', 'fortran_order': False, "
    rb"'shape': \((?P<shape>[0-9, ]*)\), \} *\n",
    re.DOTALL,
)

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Segment:
    """The events of one file of a bucket, or those of them known from some second on, sorted by user.

    The events of a user stand as in the file: by known time, source rank and event id. Arrays: `user_text` and
    `user_ends` (n_users + 1,) are the users, sorted; `offsets` (n_users + 1,) say where the events of each begin;
    `rows` (n_events,) where an event stands in the file; `seconds` and `fractions` (n_events,) when it was known,
    floored, and the microseconds beyond; `micros` (n_events,) when it happened; `types` (n_events,) index the names
    of types; `numbers` (n_numbers, n_events) are whole, MISSING where there is none; `codes` (n_categories, n_events)
    index the texts of their row, -1 where there is none. `names` says what types and rows are called, what texts a
    row has, how large in size a number is at most, of which types some event lacks a property, and the `first` and the
    `last` second, none in an empty file.
    """

    path: Path
    folder: Path
    names: Mapping[str, Any]
    arrays: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, path: Path) -> Self:
        """The segment of a file of the log in the store at `root`, written beside it unless it is there already.

        Where the store cannot be written to, it stays in memory.

        Raises:
            DamagedError: the file is not what was written.
        """
        folder = root / FOLDER / path.parent.name / f"{path.stem}.{_FORMAT}"
        return cls._opened(path, folder, lambda: laid_out(path))

    @classmethod
    def _opened(cls, path: Path, folder: Path, make: Callable[[], tuple[dict[str, Array], dict[str, Any]]]) -> Self:
        is_there, names = folder.exists(), _whole(folder)
        if names is not None:
            return cls(path, folder, names)
        if is_there:
            shutil.rmtree(folder, ignore_errors=True)
        arrays, names = make()
        kept = _written(folder, arrays, names)
        return cls(path, folder, names, arrays) if kept is None else cls(path, folder, kept)

    def since(self, second: int) -> Segment:
        """What of the segment was known at that second or later."""
        if self.first is None or self.first >= second:
            return self
        if self.last is not None and self.last < second:
            return replace(self, names={**self.names, "first": None, "last": None})
        folder = self.folder.with_name(f"{self.folder.name}-from-{second}")
        for older in self.folder.parent.glob(f"{self.folder.name}-from-*"):
            if older != folder:
                shutil.rmtree(older, ignore_errors=True)
        return self._opened(self.path, folder, lambda: self._cut(second))

    def array(self, name: str) -> Array:
        """One of the arrays, mapped into memory.

        Copied where written to, which nobody does: the compiler takes arrays that cannot be written for another type,
        and would compile the kernel twice. For the same reason every matrix lies row by row.
        """
        if name not in self.arrays:
            self.arrays[name] = _array_at(self._file, self.names["places"][name])
        return self.arrays[name]

    def kept(self, key: str, make: Callable[[], Array]) -> Array:
        """An array that follows from the events, kept beside them once it was made; the key says how it is made."""
        name = f"made-{sha256(key.encode()).hexdigest()[:20]}"
        if name not in self.arrays:
            self.arrays[name] = _kept_at(self.folder / f"{name}.npy", make)
        return self.arrays[name]

    @property
    def first(self) -> int | None:
        """The second at which its first event was known, None where there is none."""
        first: int | None = self.names["first"]
        return first

    @property
    def last(self) -> int | None:
        """The second at which its last event was known, None where there is none."""
        last: int | None = self.names["last"]
        return last

    def number(self, name: str) -> Array:
        """The row of a number; of one that the file lacks, MISSING."""
        if name in self.names["numbers"]:
            row: Array = self.array("numbers")[self.names["numbers"].index(name)]
            return row
        return np.full(len(self.array("rows")), MISSING)

    def code(self, name: str) -> Array:
        """The row of a category; of one that the file lacks, -1."""
        if name in self.names["categories"]:
            row: Array = self.array("codes")[self.names["categories"].index(name)]
            return row
        return np.full(len(self.array("rows")), -1, np.int32)

    def texts(self, name: str) -> list[str]:
        """The texts of a category; of one that the file lacks, none."""
        if name not in self.names["categories"]:
            return []
        texts: list[str] = self.names["texts"][self.names["categories"].index(name)]
        return texts

    @property
    def users(self) -> pa.LargeStringArray:
        """The users `(n_users,)`, sorted."""
        return unpacked(self.array("user_text"), self.array("user_ends"))

    @cached_property
    def _file(self) -> mmap.mmap:
        return _mapped(self.folder / _ARRAYS)

    def _cut(self, second: int) -> tuple[dict[str, Array], dict[str, Any]]:
        keep = self.array("seconds") >= second
        ends = np.concatenate([[0], np.cumsum(keep)])[self.array("offsets")]
        is_there = np.diff(ends) > 0
        text, text_ends = _chosen_texts(self.array("user_text"), self.array("user_ends"), is_there)
        arrays = {
            "user_text": text,
            "user_ends": text_ends,
            "offsets": np.append(ends[:-1][is_there], ends[-1]).astype(np.int64),
            **{name: self.array(name)[keep] for name in ("rows", "seconds", "fractions", "micros", "types")},
            **{name: np.compress(keep, self.array(name), axis=1) for name in ("numbers", "codes")},
        }
        left = arrays["seconds"]
        first, last = (int(left.min()), int(left.max())) if len(left) else (None, None)
        return arrays, {**self.names, "first": first, "last": last}


def _mapped(path: Path) -> mmap.mmap:
    """The file in memory, in pages as large as the system has: with small ones that took a fifth of a long run."""
    with path.open("rb", buffering=0) as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    with suppress(AttributeError, OSError):  # not every system has larger ones
        mapped.madvise(mmap.MADV_HUGEPAGE)
    return mapped


def _array_at(mapped: mmap.mmap, at: int) -> Array:
    """The array that `np.save` wrote there; numpy's own reading and mapping took most of a small bucket's time.

    Raises:
        ValueError: none begins there.
    """
    start = at + _PREFIX + int.from_bytes(mapped[at + _PREFIX - 2 : at + _PREFIX], "little")
    told = _HEADER.fullmatch(mapped[at:start])
    if told is None:
        raise ValueError(f"byte {at} begins no array that was saved row by row")
    shape = tuple(int(length) for length in told["shape"].split(b",") if length.strip())
    return np.ndarray(shape, told["dtype"].decode(), mapped, start)


def _chosen_texts(joined: Array, ends: Array, chosen: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    lengths = np.diff(ends)
    kept = np.concatenate([[0], np.cumsum(lengths[chosen])]).astype(np.int64)
    return joined[np.repeat(chosen, lengths)], kept


def _whole(folder: Path) -> dict[str, Any] | None:
    """The names in the folder, where they are there and its arrays have the size with which they were written."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        names: dict[str, Any] = json.loads((folder / "names.json").read_bytes())
        if (folder / _ARRAYS).stat().st_size == names["size"]:
            return names
    return None


def _written(folder: Path, arrays: Mapping[str, Array], names: Mapping[str, Any]) -> dict[str, Any] | None:
    """The names with where the arrays stand, if these could be put into the folder, whole or not at all."""
    try:
        with whole_folder(folder) as fresh:
            places = _saved(fresh / _ARRAYS, arrays)
            told = {**names, "places": places, "size": (fresh / _ARRAYS).stat().st_size}
            (fresh / "names.json").write_text(json.dumps(told, ensure_ascii=False))
    except OSError:
        return _whole(folder)
    return told


def _saved(path: Path, arrays: Mapping[str, Array]) -> dict[str, int]:
    """Where in the file each array begins, once all are saved in it, one behind the other.

    They are written at once: of what a call writes the system makes large pages, but begins each call with small ones.
    """
    places: dict[str, int] = {}
    pieces: list[memoryview] = []
    end = 0
    for name, array in arrays.items():
        whole = np.ascontiguousarray(array)
        padding, header, values = bytes(-end % _ALIGNED), _header(whole), whole.reshape(-1).view(np.uint8).data
        places[name] = end + len(padding)
        pieces += [memoryview(padding), memoryview(header), values]
        end = places[name] + len(header) + len(values)
    with path.open("wb", buffering=0) as file:
        _write(file.fileno(), pieces)
    return places


def _header(array: Array) -> bytes:
    """What `np.save` writes before the values of an array that lies row by row."""
    header = BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    return header.getvalue()


def _write(file: int, pieces: Sequence[memoryview]) -> None:
    """Write the pieces, all of bytes, in as few calls as the system allows."""
    left = [piece for piece in pieces if len(piece)]
    while left:
        written = os.writev(file, left)
        while left and written >= len(left[0]):
            written -= len(left.pop(0))
        if left:
            left[0] = left[0][written:]


def _kept_at(path: Path, make: Callable[[], Array]) -> Array:
    """The array in the file, made if it is not there, and written if that can be."""
    with suppress(OSError, ValueError, TypeError):
        return _array_at(_mapped(path), 0)
    made, fresh = make(), path.with_name(f".{uuid4().hex}.npy")
    with suppress(OSError):
        np.save(fresh, made)
        fresh.replace(path)
    with suppress(OSError):
        fresh.unlink(missing_ok=True)
    return made
