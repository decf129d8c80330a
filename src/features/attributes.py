"""Attributes as features: what was true of each user at the cutoff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..timeline import MICROS
from .bucket import Bucket
from .kernel_exact import ratios
from .occurrences import Occurrences
from .plan import AttributeSource, Feature
from .rows import Rows

__all__ = ["Attributes", "attribute_column"]

Ints = npt.NDArray[np.int64]

ALWAYS = -(2**62)
"""The microsecond since when an undated attribute holds: before every cutoff."""


@dataclass(frozen=True)
class Attributes:
    """Where each attribute is found, by its name, and the tables of a bucket, by theirs."""

    sources: Mapping[str, AttributeSource]
    tables: Callable[[int], Mapping[str, pa.Table]]

    def __call__(self, bucket: int) -> Mapping[str, pa.Table]:
        """The attribute tables of a bucket, by name."""
        return self.tables(bucket)


def attribute_column(
    feature: Feature, source: AttributeSource, table: pa.Table, bucket: Bucket, rows: Rows
) -> npt.NDArray[np.float32]:
    """The attribute of each row's user as the newest fact before the cutoff has it, `(n_rows,)`.

    A fact is valid from its floored second on, so one that begins at the cutoff is the future. NaN where
    there is no fact yet, or where the newest leaves it open.

    Args:
        table: `user_id`, `valid_from` (null where undated) and the attribute's column.
    """
    table = table.filter(pc.is_in(table["user_id"], pa.array(bucket.users, pa.string())))
    user = np.searchsorted(bucket.users, _array(table["user_id"]).astype(object))
    known = Occurrences.of(user.astype(np.int64), _valid_from(table["valid_from"]))
    ever = np.full(len(rows), ALWAYS)
    first, after = known.between(rows.user.astype(np.int64), ever, rows.cutoff * MICROS)
    has_fact = after > first
    newest = known.order[after[has_fact] - 1]
    values, is_missing = _values(feature, source, table[source.column])
    column = np.full(len(rows), np.nan, np.float32)
    exact = ratios(values[newest], 10**source.decimals if source.type == "number" else 1)
    column[has_fact] = np.where(is_missing[newest], np.float32(np.nan), exact)
    return column


def _valid_from(column: pa.ChunkedArray) -> Ints:
    micros = pc.cast(pc.cast(column, pa.timestamp("us")), pa.int64())
    return np.asarray(_array(pc.fill_null(micros, ALWAYS)), np.int64)


def _values(feature: Feature, source: AttributeSource, column: pa.ChunkedArray) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Whole numbers, codes of the vocabulary or 0 and 1; and where they are missing."""
    is_missing = np.asarray(_array(pc.is_null(column)), np.bool_)
    if source.type == "category":
        known = pc.index_in(column, pa.array(feature.texts, pa.string()))
        column = pc.add(pc.fill_null(known, -1), 1)
    return np.asarray(_array(pc.fill_null(pc.cast(column, pa.int64()), 0)), np.int64), is_missing


def _array(column: pa.ChunkedArray) -> npt.NDArray[np.generic]:
    array: npt.NDArray[np.generic] = column.to_numpy()
    return array
