"""Arrow's columns as numpy's arrays and back, without pandas, which pyarrow's own ways import."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["column", "plain"]

Array = npt.NDArray[Any]


def plain(numbers: pa.Array | pa.ChunkedArray) -> Array:
    """The numbers `(n,)` of a column in which none is null, to be read only.

    >>> plain(column(np.array([3, 1])))
    array([3, 1])
    """
    whole = numbers.combine_chunks() if isinstance(numbers, pa.ChunkedArray) else numbers
    array: Array = np.from_dlpack(whole)
    return array


def column(numbers: Array) -> pa.Array:
    """The column `(n,)` of an array; nothing is copied."""
    buffers = [None, pa.py_buffer(np.ascontiguousarray(numbers))]
    return pa.Array.from_buffers(pa.from_numpy_dtype(numbers.dtype), len(numbers), buffers)
