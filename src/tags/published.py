"""What is published: which tags were written when, and the tables that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..engines.store import Store
from ..errors import RefusedError, SpecError
from ..timeline import instant, shown
from .rows import SCHEMA, Kind, partition_of

__all__ = [
    "Published",
    "as_facts",
    "current_columns",
    "files_of",
    "has_columns_of",
    "newest",
    "published",
    "read_current",
]

_OF_CLASSES = ("value", "valid_until")
_COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    "predictive": ("score", "probability", "percentile", "tier", "frozen_tier", "valid_until"),
    "value": ("score", "expected", "low", "median", "high", "percentile", "tier", "frozen_tier", "valid_until"),
    "rule": _OF_CLASSES,
    "fact": _OF_CLASSES,
}
_USER = "user_id"


@dataclass(frozen=True)
class Published:
    """The rows of one tag at one instant: under which key they were made, by which run, and what they hash to.

    `as_of` is in seconds. `changes` counts what changed since the instant before; None where nobody counted.
    `snapshot_hash` is that of the vectors they were made from, None where there were none.
    """

    as_of: int
    key: str
    run_id: str
    rows: int
    tags_hash: str
    changes: Mapping[str, Any] | None = None
    snapshot_hash: str | None = None

    def as_fact(self) -> dict[str, Any]:
        """What is kept beside the tables' versions, under its instant."""
        return {name: value for name, value in asdict(self).items() if name != "as_of"}


def published(store: Store, tag: str) -> list[Published]:
    """Everything published of a tag, oldest instant first."""
    kept: Mapping[str, Any] = store.facts("tags").get(tag, {})
    return [Published(instant(as_of), **fact) for as_of, fact in sorted(kept.items(), key=lambda one: instant(one[0]))]


def newest(store: Store, tag: str) -> Published | None:
    """The newest instant published of a tag, or None."""
    found = published(store, tag)
    return found[-1] if found else None


def as_facts(entries: list[Published]) -> dict[str, Any]:
    """The entries of a tag as they are kept beside the tables' versions."""
    return {shown(entry.as_of): entry.as_fact() for entry in entries}


def files_of(store: Store, tag: str, as_of: int) -> list[str]:
    """Paths of the files with the rows of a tag at an instant, in seconds; tag and as_of are not inside them."""
    return store.files("tags", **partition_of(tag, as_of)[1])


def current_columns(tags: Mapping[str, Kind]) -> dict[str, tuple[str, str, pa.Field]]:
    """The columns of the wide table `current` beside user_id: for each its tag, its column in `tags`, and its type.

    >>> list(current_columns({"churn": "predictive", "size": "fact"}))[3:]
    ['churn_tier', 'churn_frozen_tier', 'churn_valid_until', 'size', 'size_valid_until']

    Raises:
        SpecError: two tags would have a column of the same name, or one takes that of the users.
    """
    columns: dict[str, tuple[str, str, pa.Field]] = {}
    owners = {_USER: "the users"}
    for tag, kind in tags.items():
        for source in _COLUMNS[kind]:
            name = tag if source == "value" else f"{tag}_{source}"
            owner = owners.setdefault(name.lower(), tag)
            if owner != tag:
                raise SpecError(f"tags.{tag}: its column {name} is already that of {owner}; give the tag another name")
            columns[name] = (tag, source, SCHEMA.field(source).with_name(name))
    return columns


def has_columns_of(store: Store, tags: Mapping[str, Kind]) -> bool:
    """Whether the published `current` has the columns of just these tags; so it is where there is no `current`."""
    wanted = [_USER, *current_columns(tags)]
    return all(pq.read_schema(file).names == wanted for file in store.files("current"))


def read_current(store: Store) -> pa.Table:
    """The current tags of everybody: one row per user, sorted by user_id.

    Raises:
        RefusedError: nothing was scored yet.
    """
    files = store.files("current")
    if not files:
        raise RefusedError(f"{store.root}: nobody was scored yet; run: limner score")
    return pa.concat_tables([pq.read_table(file, partitioning=None) for file in files]).sort_by("user_id")
