"""Columns of everybody in memory, in the order of users: numbers, names as codes, and who matches, as bits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from sys import getsizeof

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...engines.duck import quoted
from ...engines.store import Store
from .condition import Condition
from .declared import Project
from .population import PLACE, everybody
from .vocabulary import Column

__all__ = ["Names", "Numbers", "matches_of", "names_of", "numbers_of", "places_of"]


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, null where a user lacks it, and the mean of those who have it; None where nobody does.

    `are_ordered` tells that none is not a number, so that any library compares them alike.
    """

    values: pa.DoubleArray
    mean: float | None
    are_ordered: bool

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return int(self.values.nbytes)


@dataclass(frozen=True)
class Names:
    """A column of texts: the different ones, None where a user has none, and for each user which of them it is."""

    names: tuple[str | None, ...]
    codes: npt.NDArray[np.unsignedinteger]
    everybody: npt.NDArray[np.int64]

    @cached_property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return self.codes.nbytes + self.everybody.nbytes + sum(map(getsizeof, self.names))

    def counts(self, places: npt.NDArray[np.int64]) -> dict[str | None, tuple[int, int]]:
        """How many of the users in some places have each name, and how many of all."""
        inside = np.bincount(self.codes[places], minlength=len(self.names))
        both = zip(inside.tolist(), self.everybody.tolist(), strict=True)
        return {name: counts for name, counts in zip(self.names, both, strict=True) if counts[1]}


def numbers_of(project: Project, store: Store, column: Column, now: int) -> Numbers:
    """The present values of a column of numbers.

    Raises:
        RefusedError: nobody was scored yet.
    """
    with everybody(project, store, now, [], [column]) as population:
        found = population.table(f"SELECT {PLACE} AS place, {quoted(column.name)}::DOUBLE AS value FROM everybody")
    values = _in_order(found)
    return Numbers(values, pc.mean(values).as_py(), not pc.any(pc.is_nan(values)).as_py())


def names_of(project: Project, store: Store, column: Column, now: int) -> Names:
    """The present values of a column of texts.

    Raises:
        RefusedError: nobody was scored yet.
    """
    name = quoted(column.name)
    with everybody(project, store, now, [], [column]) as population:
        population.rows(f"CREATE TYPE name AS ENUM (SELECT DISTINCT {name} FROM everybody WHERE {name} IS NOT NULL)")
        found = population.table(f"SELECT {PLACE} AS place, {name}::name AS value FROM everybody")
    values = _in_order(found)
    names = (*values.dictionary.to_pylist(), None)
    codes = values.indices.cast(pa.int64()).fill_null(len(names) - 1).to_numpy()
    return Names(names, codes.astype(np.min_scalar_type(len(names))), np.bincount(codes, minlength=len(names)))


def matches_of(project: Project, store: Store, condition: Condition, now: int) -> pa.BooleanArray:
    """Whether a condition holds, null where that is unknown.

    Raises:
        RefusedError: nobody was scored yet.
        SourceError: a list of users cannot be read.
    """
    with everybody(project, store, now, [condition]) as population:
        return _in_order(
            population.table(f"SELECT {PLACE} AS place, {condition.sql} AS value FROM everybody", condition)
        )


def places_of(matches: pa.BooleanArray) -> npt.NDArray[np.int64]:
    """Where the true ones stand; quicker by the bits than by any library's way over booleans.

    >>> places_of(pa.array([True, None, False, True]))
    array([0, 3])
    """
    known = matches.fill_null(False)
    bits = np.frombuffer(known.buffers()[1], np.uint8)
    return np.flatnonzero(
        np.unpackbits(bits, count=known.offset + len(known), bitorder="little").view(bool)[known.offset :]
    )


def _in_order(found: pa.Table) -> pa.Array:
    """The values in the order of users; a database that joins for a long list gives them in any."""
    values, places = found["value"].unify_dictionaries().combine_chunks(), found["place"].to_numpy()
    if (places == np.arange(len(places))).all():
        return values
    return values.take(pa.array(np.argsort(places)))
