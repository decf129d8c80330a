"""Texts as plain arrays: their bytes, one behind the other, and where each begins and ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["packed", "unpacked"]

Array = npt.NDArray[Any]


def packed(texts: Iterable[str]) -> tuple[Array, Array]:
    """The bytes of all texts, and the places `(n + 1,)` between which each lies.

    >>> unpacked(*packed(["ann", "", "bob"])).to_pylist()
    ['ann', '', 'bob']
    """
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), ends


def unpacked(joined: Array, ends: Array) -> pa.LargeStringArray:
    """The texts `(n,)`; nothing is copied."""
    buffers = [None, pa.py_buffer(np.ascontiguousarray(ends)), pa.py_buffer(np.ascontiguousarray(joined))]
    return pa.Array.from_buffers(pa.large_string(), len(ends) - 1, buffers)
