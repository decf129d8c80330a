"""What rows say, as one hash: the same on every machine, whoever made them and however they came in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..engines.files import canonical_json

__all__ = ["ContentHash"]

_NOT_CONTENT = {"run_id", "computed_at"}


class ContentHash:
    """The sha256 of what rows say, leaving out which run said it and when it ran.

    Every column is hashed by itself, its values and where it has none, so that pieces of any length come to the same.
    """

    def __init__(self) -> None:
        self._digests: dict[str, Any] = {}

    def update(self, rows: pa.Table) -> None:
        """Add the next rows."""
        for name in rows.column_names:
            if name not in _NOT_CONTENT:
                for key, content in _contents(name, rows[name].combine_chunks()):
                    self._digests.setdefault(key, sha256()).update(content)

    def hexdigest(self) -> str:
        """The hash of all rows so far."""
        digests = {key: digest.hexdigest() for key, digest in self._digests.items()}
        return sha256(canonical_json(digests).encode()).hexdigest()


def _contents(name: str, column: pa.Array) -> Iterator[tuple[str, Any]]:
    """The column as bytes, one piece for each thing that it holds."""
    if pa.types.is_list(column.type):
        yield f"{name} lengths", _lengths(pc.list_value_length(column))
        parts = column.flatten()
        for part, field in zip(parts.flatten(), parts.type, strict=True):
            yield from _contents(f"{name}.{field.name}", part)
    elif pa.types.is_string(column.type):
        yield f"{name} lengths", _lengths(pc.binary_length(column))
        yield name, _text(column.drop_null() if column.null_count else column)
    else:
        yield f"{name} known", column.is_valid().to_numpy(zero_copy_only=False)
        plain = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
        yield name, np.ascontiguousarray(plain.drop_null().to_numpy(zero_copy_only=False))


def _lengths(lengths: pa.Array) -> Any:
    return np.ascontiguousarray(lengths.fill_null(-1).to_numpy(zero_copy_only=False).astype("<i4", copy=False))


def _text(texts: pa.StringArray) -> memoryview:
    """The bytes of all texts, one after the other, as they lie in memory."""
    _, ends, text = texts.buffers()
    if text is None:
        return memoryview(b"")
    bounds = np.frombuffer(ends, np.int32)[[texts.offset, texts.offset + len(texts)]]
    return memoryview(text)[bounds[0] : bounds[1]]
