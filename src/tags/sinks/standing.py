"""How an audience stands at a sink: whom the destination holds, as far as it has confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ...engines.delta import NewFile
from ...engines.duck import read_parquet
from ...engines.store import Store

__all__ = ["DELIVERED", "DELIVERIES", "Route", "Standing", "opened", "routes"]

_COLUMNS = {
    "audience": (pa.string(), "of which audience; a partition"),
    "sink": (pa.string(), "at which sink, or outbox; a partition"),
    "user_id": (pa.string(), "who; at most once for each audience, sink and held_out"),
    "held_out": (pa.bool_(), "whether the user is left alone, and so not at the destination"),
    "pending": (pa.string(), "the change that was under way when the destination died; null where it confirmed"),
}

DELIVERED = pa.schema([pa.field(name, type_, metadata={"comment": note}) for name, (type_, note) in _COLUMNS.items()])
"""The columns of the table `delivered`, beside those that went along."""

_OWN = ("user_id", "held_out", "pending")
DELIVERIES = "deliveries"
"""What the facts of all routes are published under, and the folder of what is under way."""


class Route(NamedTuple):
    """From an audience to a sink."""

    audience: str
    sink: str

    @property
    def partition(self) -> dict[str, str]:
        """The partition of tables that tell of the route."""
        return self._asdict()

    def __str__(self) -> str:
        return f"{self.audience}.{self.sink}"


@dataclass(frozen=True)
class Standing:
    """Whom a destination holds, and who is held out; `fact` is what is remembered of the last delivery."""

    route: Route
    files: Sequence[str]
    fact: Mapping[str, Any]

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever delivered."""
        return not self.files

    @property
    def is_complete(self) -> bool:
        """Whether the destination ever confirmed all that it should hold."""
        return bool(self.fact.get("is_complete"))

    @property
    def key(self) -> str:
        """The key of the last parcel that was confirmed."""
        return str(self.fact.get("key", ""))

    def __len__(self) -> int:
        """How many rows there are."""
        return sum(pq.read_metadata(file).num_rows for file in self.files)

    def fields(self) -> dict[str, pa.DataType]:
        """What went along, by name."""
        if self.is_new:
            return {}
        return {one.name: one.type for one in pq.read_schema(self.files[0]) if one.name not in _OWN}

    def rows(self) -> str:
        """SQL of the rows: `user_id`, `held_out`, `pending` and what went along."""
        if self.files:
            return f"(FROM {read_parquet(self.files)})"
        return "(SELECT ''::VARCHAR AS user_id, false AS held_out, NULL::VARCHAR AS pending WHERE false)"

    def table(self) -> pa.Table:
        """The rows."""
        inside = pa.schema([DELIVERED.field(name) for name in _OWN])
        tables = [pq.read_table(file, partitioning=None) for file in self.files]
        return pa.concat_tables([inside.empty_table(), *tables], promote_options="default")

    def written(self, store: Store, rows: pa.Table) -> int:
        """The version of `delivered` in which these rows are how the route stands. Only under the store's lock."""
        path = store.stage("delivered", self.route.partition)
        pq.write_table(rows, path, compression="zstd")
        more = [one for one in rows.schema if one.name not in _OWN]
        schema = pa.schema([*DELIVERED, *more])
        file = NewFile(path, self.route.partition, len(rows))
        return store.commit(
            "delivered", schema, ("audience", "sink"), [file], lambda one: dict(one) == self.route.partition
        )

    def remembered(self, store: Store, fact: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """What is published beside the tables, once the route stands anew."""
        return {DELIVERIES: {**store.facts(DELIVERIES), str(self.route): {**self.fact, **fact}}}


def opened(store: Store, route: Route, destination: str | None = None) -> Standing:
    """How the route stands as published; as new where it led to another destination until now."""
    fact = store.facts(DELIVERIES).get(str(route), {})
    if destination is not None and fact.get("destination", destination) != destination:
        return Standing(route, [], {"key": fact["key"]})
    return Standing(route, store.files("delivered", **route.partition), fact)


def routes(store: Store) -> list[Route]:
    """All routes by which anybody was ever delivered, or exported, and those of deliveries that a killed run left."""
    left_behind = [folder.name for folder in (store.root / DELIVERIES).glob("*.*")]
    found = {Route(*str(name).split(".")) for name in (*store.facts(DELIVERIES), *left_behind)}
    if store.version("exposures") is not None:
        partitions = store.table("exposures").partitions()
        found |= {Route(one["audience"], one["sink"]) for one in partitions}
    return sorted(found)
