"""Trends: how far scores have moved within about a week."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..engines.store import Store
from ..timeline import DAY
from .published import files_of, published

__all__ = ["instant_before", "scores_before", "trend"]

_BACK = 7 * DAY
_AT_MOST_OFF = _BACK // 2


def instant_before(store: Store, tag: str, as_of: int) -> int | None:
    """The instant published nearest to 7 days before `as_of`, in seconds; None where none is within half a week."""
    wanted = as_of - _BACK
    near = [one.as_of for one in published(store, tag) if abs(one.as_of - wanted) <= _AT_MOST_OFF]
    return min(near, key=lambda one: (abs(one - wanted), one)) if near else None


def scores_before(store: Store, tag: str, as_of: int, version: str) -> pa.Table | None:
    """`user_id` and `score` of the instant published nearest to 7 days before `as_of`, in seconds.

    None where none lies within half a week of that, or another version of the model scored it: margins of two
    models cannot be compared.
    """
    nearest = instant_before(store, tag, as_of)
    if nearest is None:
        return None
    columns = ["user_id", "score", "model_version"]
    tables = [pq.read_table(file, columns=columns, partitioning=None) for file in files_of(store, tag, nearest)]
    found = pa.concat_tables(tables)
    return (
        found.drop_columns(["model_version"]) if set(found["model_version"].unique().to_pylist()) == {version} else None
    )


def trend(users: pa.ChunkedArray, scores: pa.Array, before: pa.Table) -> pa.Array:
    """Each user's score less the one before, `(n_users,)`; null where there was none."""
    earlier = (
        before["score"].combine_chunks().take(pc.index_in(users, before["user_id"].combine_chunks()).combine_chunks())
    )
    return pc.subtract(scores, earlier)
