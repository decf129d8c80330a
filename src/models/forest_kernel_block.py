"""Some rows at a time, turned so that a column lies in one stretch and missing values are told apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..features.kernel_cache import lean
from .forest_columns import NAN_IS_MISSING, ZERO_IS_MISSING, Columns

__all__ = ["Block", "load_block", "new_block"]

_ZERO = np.float32(1e-35)  # what LightGBM takes for zero
_NAN = np.float32(np.nan)
_NONE = np.float32(0.0)
_TOO_LARGE = np.float32(2.0**31)


class Block(NamedTuple):
    """The columns of some rows: `numbers` and `classes`, each (n_columns, n_rows)."""

    numbers: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]


def new_block(columns: Columns, n_rows: int) -> Block:
    """Room for the columns of `n_rows` rows."""
    return Block(
        np.empty((len(columns.feature), n_rows), np.float32), np.empty((len(columns.code_feature), n_rows), np.int32)
    )


@lean
def load_block(X: npt.NDArray[np.float32], start: int, n: int, columns: Columns, block: Block) -> None:
    """Fill the block with the rows of `X` (n_rows, n_features) from `start`, `n` of them."""
    for column in range(len(columns.feature)):
        feature, missing = columns.feature[column], columns.missing[column]
        if missing == ZERO_IS_MISSING:
            for row in range(n):
                value = X[start + row, feature]
                block.numbers[column, row] = _NAN if abs(value) <= _ZERO else value
        elif missing == NAN_IS_MISSING:
            for row in range(n):
                value = X[start + row, feature]
                block.numbers[column, row] = _NONE if abs(value) <= _ZERO else value
        else:
            for row in range(n):
                value = X[start + row, feature]
                block.numbers[column, row] = value if abs(value) > _ZERO else _NONE
    for column in range(len(columns.code_feature)):
        feature = columns.code_feature[column]
        first, n_codes = columns.first_class[column], columns.first_class[column + 1] - columns.first_class[column]
        for row in range(n):
            value = X[start + row, feature]
            code = np.int64(value) if -1.0 < value < _TOO_LARGE else n_codes
            block.classes[column, row] = columns.classes[first + code] if code < n_codes else 0
