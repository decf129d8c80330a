"""Other futures of a bucket: what users had done until their cutoffs stays, all that came later is tampered with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..features.bucket import Bucket, Properties
from ..features.cohort import users_of_events
from ..features.kernel_program import MISSING
from ..features.rows import Rows
from ..timeline import DAY, MICROS

__all__ = ["Future", "futures", "known_before"]

Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Future:
    """A bucket whose past is that of another, and how its future was tampered with, as a participle."""

    how: str
    bucket: Bucket


def futures(bucket: Bucket, rows: Rows) -> Iterator[Future]:
    """The bucket with the future of its rows removed, with it changed, and with more of it.

    What was known at a row's cutoff or later is its future. The users are the same ones in the same order, but
    only those of the rows have events left.

    Args:
        rows: at most one for each user.
    """
    story = _Story.of(bucket, rows)
    yield Future("removed", story.removed())
    yield Future("changed", story.changed())
    yield Future("added to", story.added())


def known_before(tables: Mapping[str, pa.Table], bucket: Bucket, rows: Rows) -> dict[str, pa.Table]:
    """The attribute tables, by name, without facts that hold from their user's cutoff on, or later."""
    cutoffs = {bucket.users[user]: cutoff for user, cutoff in zip(rows.user, rows.cutoff.tolist(), strict=True)}
    return {name: table.filter(_is_known(table, cutoffs)) for name, table in tables.items()}


def _is_known(table: pa.Table, cutoffs: Mapping[str, int]) -> pa.Array:
    ends = pa.array([cutoffs.get(user, 0) * MICROS for user in table["user_id"].to_pylist()], pa.int64())
    since = pc.cast(pc.cast(table["valid_from"], pa.timestamp("us")), pa.int64())
    return pc.fill_null(pc.less(since, ends), True)


@dataclass(frozen=True)
class _Story:
    """Events of the rows' users: their `positions` (n,) in the bucket, their users and cutoffs, what lies ahead."""

    bucket: Bucket
    rows: Rows
    positions: Positions
    users: Ints
    cutoffs: Ints
    is_ahead: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, bucket: Bucket, rows: Rows) -> Self:
        """The story of the rows' users."""
        cutoff_of = np.full(bucket.n_users, -1, np.int64)
        cutoff_of[rows.user] = rows.cutoff
        users = users_of_events(bucket).astype(np.int64)
        positions = np.flatnonzero(np.isin(users, rows.user))
        users, cutoffs = users[positions], cutoff_of[users[positions]]
        return cls(bucket, rows, positions, users, cutoffs, bucket.seconds[positions] >= cutoffs)

    def removed(self) -> Bucket:
        """Nothing ever happened again."""
        past = ~self.is_ahead
        taken = self.positions[past]
        return self._rebuilt(self.users[past], taken, self.bucket.seconds[taken], self.bucket.micros[taken])

    def changed(self) -> Bucket:
        """What is ahead happened to others, with other values and before the cutoff, yet became known after it."""
        taken, ahead = self.positions.copy(), self.is_ahead
        taken[ahead] = taken[ahead][::-1]
        micros = np.where(ahead, (self.cutoffs - DAY) * MICROS, self.bucket.micros[self.positions])
        found = self._rebuilt(self.users, taken, self.bucket.seconds[self.positions], micros)
        return replace(found, properties=_other_values(found.properties, np.flatnonzero(ahead)))

    def added(self) -> Bucket:
        """All that is ahead happens twice, and the last thing before the cutoff once more at the cutoff itself."""
        past = np.flatnonzero(~self.is_ahead)
        is_last = np.append(self.users[past][1:] != self.users[past][:-1], True)[: len(past)]
        ahead, last = np.flatnonzero(self.is_ahead), past[is_last]
        places = np.concatenate([np.arange(len(self.positions)), ahead, last])
        seconds, micros = (column[self.positions[places]] for column in (self.bucket.seconds, self.bucket.micros))
        seconds[len(seconds) - len(last) :] = self.cutoffs[last]
        micros[len(micros) - len(last) :] = self.cutoffs[last] * MICROS
        order = np.lexsort((seconds, self.users[places]))
        places = places[order]
        return self._rebuilt(self.users[places], self.positions[places], seconds[order], micros[order])

    def _rebuilt(self, users: Ints, taken: Positions, seconds: Ints, micros: Ints) -> Bucket:
        """The bucket with these events, by user and time; what they are is taken from positions of the old one."""
        bucket, properties = self.bucket, self.bucket.properties
        counts = np.bincount(users, minlength=bucket.n_users)
        return replace(
            bucket,
            offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]).astype(np.int64),
            seconds=seconds,
            micros=micros,
            membership=replace(bucket.membership, codes=bucket.membership.codes[taken]),
            properties=replace(
                properties,
                numbers=np.ascontiguousarray(properties.numbers[:, taken]),
                codes=np.ascontiguousarray(properties.codes[:, taken]),
            ),
            event_ids=None,
        )


def _other_values(properties: Properties, at: Positions) -> Properties:
    """The properties with other numbers and categories at some events; what is missing stays so."""
    numbers, codes = properties.numbers.copy(), properties.codes.copy()
    numbers[:, at] = np.where(numbers[:, at] == MISSING, MISSING, numbers[:, at] // 2 + 1_001)
    for row, texts in enumerate(properties.texts):
        codes[row, at] = np.where(codes[row, at] < 0, -1, (codes[row, at] + 1) % max(len(texts), 1))
    return replace(properties, numbers=numbers, codes=codes, largest={})
