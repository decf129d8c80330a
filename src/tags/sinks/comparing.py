"""What changed between whom a destination holds and whom it shall hold, and what it holds after a part of that."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from ...engines.duck import connect, quoted, reading
from .standing import Standing

__all__ = ["HELD", "RELEASED", "SENT", "after", "compared", "engine_for"]

SENT = ("added", "updated", "left", "forgotten")
"""Changes that a destination is told of."""
HELD, RELEASED = "held", "released"
"""Changes that it is not told of: a user is left alone from now on, or is no more."""
_FEW = 100_000


def compared(standing: Standing, wanted: pa.Table, *, again: bool = False) -> pa.Table:
    """`change`, `user_id` and what goes along: first what the destination is told, then who is held out or no more.

    Each part is sorted by user. What was under way when a destination died is told again.

    Args:
        wanted: `user_id`, `held_out` and what goes along of everybody in the audience.
        again: whether all is told again, whatever was delivered.
    """
    fields = {one.name: one.type for one in wanted.schema if one.name not in {"user_id", "held_out"}}
    along = [quoted(name) for name in fields]
    pending = "coalesce(pending, 'updated')" if again else "pending"
    is_other = _is_other(along) if standing.fields() == fields else "true"
    sent = f"""
        SELECT CASE WHEN w.user_id IS NULL THEN 'left'
                    WHEN d.user_id IS NULL OR d._unsure = 'added' THEN 'added'
                    WHEN d._unsure IS NOT NULL OR {is_other} THEN 'updated' END AS change,
               coalesce(w.user_id, d.user_id) AS user_id {_of("w", along)}
        FROM (FROM wanted WHERE NOT held_out) w
        FULL JOIN (SELECT *, {pending} AS _unsure FROM {standing.rows()} WHERE NOT held_out) d
        ON w.user_id = d.user_id"""
    silent = f"""
        SELECT CASE WHEN w.user_id IS NULL THEN '{RELEASED}' WHEN d.user_id IS NULL THEN '{HELD}' END AS change,
               coalesce(w.user_id, d.user_id) AS user_id {_of("w", along)}
        FROM (FROM wanted WHERE held_out) w
        FULL JOIN (FROM {standing.rows()} WHERE held_out) d ON w.user_id = d.user_id"""
    with engine_for(len(wanted) + len(standing)) as con:
        con.register("wanted", wanted)
        parts = [
            con.sql(f"SELECT * FROM ({sql}) WHERE change IS NOT NULL ORDER BY user_id").to_arrow_table()
            for sql in (sent, silent)
        ]
    schema = pa.schema([("change", pa.string()), ("user_id", pa.string()), *fields.items()])
    return pa.concat_tables([part.cast(schema) for part in parts])


def after(standing: Standing, changes: pa.Table, confirmed: int, flying: int) -> pa.Table:
    """`user_id`, `held_out`, `pending` and what went along, once the destination confirmed the first changes.

    Args:
        confirmed: how many changes it confirmed.
        flying: how many more it may have taken, or not.
    """
    fields = [one for one in changes.schema if one.name not in {"change", "user_id"}]
    along = [quoted(one.name) for one in fields]
    is_same = standing.is_new or standing.fields() == {one.name: one.type for one in fields}
    kept = [quoted(name) for name in standing.fields()] if is_same else []
    pending = "pending" if is_same else "CASE WHEN NOT held_out THEN coalesce(pending, 'updated') END AS pending"
    with engine_for(len(changes) + len(standing)) as con:
        con.register("changes", _numbered(changes))
        sql = f"""
            WITH told AS (FROM changes WHERE _n < {confirmed + flying} OR change IN ('{HELD}', '{RELEASED}'))
            SELECT user_id, held_out, {pending} {_of("d", kept)} FROM {standing.rows()} d
            WHERE NOT EXISTS (FROM told t WHERE t.user_id = d.user_id
                              AND (t.change IN ('{HELD}', '{RELEASED}')) = d.held_out)
            UNION ALL BY NAME
            SELECT user_id, change = '{HELD}' AS held_out,
                   CASE WHEN _n >= {confirmed} AND change <> '{HELD}' THEN change END AS pending {_of("told", along)}
            FROM told
            WHERE change IN ('added', 'updated', '{HELD}')
               OR (change IN ('left', 'forgotten') AND _n >= {confirmed})
            ORDER BY held_out, user_id"""
        found = con.sql(sql).to_arrow_table()
    schema = pa.schema([("user_id", pa.string()), ("held_out", pa.bool_()), ("pending", pa.string()), *fields])
    return found.select(schema.names).cast(schema)


def engine_for(rows: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB for so many rows: the one at hand where they are few, and else one of its own, on all threads."""
    return reading() if rows < _FEW else connect()


def _is_other(along: Sequence[str]) -> str:
    return " OR ".join(f"w.{name} IS DISTINCT FROM d.{name}" for name in along) or "false"


def _of(table: str, along: Sequence[str]) -> str:
    return "".join(f", {table}.{name}" for name in along)


def _numbered(changes: pa.Table) -> pa.Table:
    return changes.append_column("_n", pa.array(np.arange(len(changes))))
