"""What goes along with a user: columns of `current`, empty where they have expired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from ...engines.duck import quoted, read_parquet
from ...engines.store import Store
from ...errors import RefusedError, SpecError
from ..published import current_columns
from ..rows import Kind
from .comparing import engine_for

__all__ = ["Along", "along", "with_columns"]

_OWN = frozenset({"audience", "change", "held_out", "pending", "sink"})
"""Columns of deliveries themselves."""


@dataclass(frozen=True)
class Along:
    """A column of `current` that goes along, and the one that says until when it may be used."""

    name: str
    type: pa.DataType
    valid_until: str


def along(text: str, tags: Mapping[str, Kind]) -> Along:
    """The column that a text of `columns` names.

    >>> along("churn.tier", {"churn": "predictive", "size": "fact"}).name
    'churn_tier'

    Raises:
        SpecError: there is no such tag, or it has no such part.
    """
    tag, _, part = text.partition(".")
    offered = {_written(owner, source): Along(name, field.type, f"{owner}_valid_until")
               for name, (owner, source, field) in current_columns(tags).items()}  # fmt: skip
    if text in offered:
        if text in _OWN:
            raise SpecError(f"{text} is a column of deliveries themselves; give the tag another name")
        return offered[text]
    if tag not in tags:
        raise SpecError(f'there is no tag "{tag}"; allowed: {", ".join(sorted(tags)) or "none"}')
    fitting = ", ".join(one for one in offered if one.partition(".")[0] == tag)
    found = f'{tag} has no "{part}"' if part else f"{tag} is a prediction, which has several parts"
    raise SpecError(f"{found}; allowed: {fitting}")


def with_columns(store: Store, members: pa.Table, columns: Sequence[Along], now: int) -> pa.Table:
    """`user_id`, `held_out` and the columns, sorted by user; an expired value is null.

    Args:
        members: `user_id` and `holdout` of everybody in the audience.
        now: the present second by the project's clock.

    Raises:
        RefusedError: a column is not in `current` yet.
    """
    files = store.files("current")
    _require_scored(store, files, columns)
    valid = [f"CASE WHEN c.{quoted(one.valid_until)} > make_timestamp(?::BIGINT * 1000000)" for one in columns]
    values = [
        f", {when} THEN c.{quoted(one.name)} END AS {quoted(one.name)}"
        for when, one in zip(valid, columns, strict=True)
    ]
    beside = f"LEFT JOIN {read_parquet(files)} c USING (user_id)" if columns else ""
    with engine_for(len(members)) as con:
        con.register("members", members)
        sql = f"SELECT m.user_id, m.holdout AS held_out{''.join(values)} FROM members m {beside} ORDER BY m.user_id"
        found = con.sql(sql, params=[now] * len(columns)).to_arrow_table()
    kinds = [("user_id", pa.string()), ("held_out", pa.bool_()), *((one.name, one.type) for one in columns)]
    return found.cast(pa.schema(kinds))


def _require_scored(store: Store, files: Sequence[str], columns: Sequence[Along]) -> None:
    there = {name for file in files for name in pq.read_schema(file).names}
    for column in columns:
        if column.name not in there:
            raise RefusedError(f"{store.root}: current has no {column.name} yet; run: limner score")


def _written(tag: str, source: str) -> str:
    return tag if source == "value" else f"{tag}.{source}"
