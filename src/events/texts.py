"""Texts as plain arrays: their bytes, one behind the other, and where each begins and ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["packed", "unpacked"]

Array = npt.NDArray[Any]


def packed(texts: pa.Array) -> tuple[Array, Array]:
    """The bytes of all texts, and the places `(n + 1,)` between which each lies.

    >>> unpacked(*packed(pa.array(["ann", "", "bob"]))).to_pylist()
    ['ann', '', 'bob']
    """
    if not len(texts):
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    large = texts.cast(pa.large_string())
    _, ends, joined = large.buffers()
    places = np.frombuffer(ends, np.int64)[large.offset : large.offset + len(large) + 1]
    return np.frombuffer(joined or b"", np.uint8)[places[0] : places[-1]], places - places[0]


def unpacked(joined: Array, ends: Array) -> pa.LargeStringArray:
    """The texts `(n,)`; nothing is copied."""
    buffers = [None, pa.py_buffer(np.ascontiguousarray(ends)), pa.py_buffer(np.ascontiguousarray(joined))]
    return pa.Array.from_buffers(pa.large_string(), len(ends) - 1, buffers)
