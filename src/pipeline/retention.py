"""What of a store stays: what is published, what can be restored, and what readers may have opened lately."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time

from ..engines.store import Store
from ..project import Project
from ..project.spec import RetentionSpec
from ..tags.published import Published, as_facts, published
from ..tags.rows import partition_of
from .restorable import histories, restorable, tables_of_tags

__all__ = ["Expired", "Kept", "expire", "expired", "kept"]

Expired = Mapping[str, Sequence[Published]]
"""Instants of tags that lie further back than the project keeps them, by tag."""


@dataclass(frozen=True)
class Kept:
    """What stays: numbers of states, the runs that they restore, paths of files, and the runs that wrote these."""

    states: frozenset[int]
    restorable: tuple[str, ...]
    files: frozenset[Path]
    writers: frozenset[str]


def expired(project: Project, store: Store, now: Callable[[], int]) -> Expired:
    """The instants that are past their time; the newest of a tag of the project never is.

    Args:
        now: gives the present second by the project's clock; asked only where tags expire.
    """
    keeps, tags = project.spec.retention.tags, store.facts("tags")
    if keeps is None or not tags:
        return {}
    oldest = now() - keeps.seconds
    older = {tag: published(store, tag)[: -1 if tag in project.spec.tags else None] for tag in tags}
    past = {tag: [one for one in entries if one.as_of < oldest] for tag, entries in older.items()}
    return {tag: entries for tag, entries in past.items() if entries}


def expire(store: Store, gone: Expired) -> None:
    """Publish the tags without the instants that are past their time. Only under the store's lock."""
    partitions = [partition_of(tag, one.as_of)[1] for tag, entries in gone.items() for one in entries]
    versions = {table: store.withdraw(table, lambda one: dict(one) in partitions) for table in histories(store)}
    left = {tag: [one for one in published(store, tag) if one not in gone.get(tag, ())] for tag in store.facts("tags")}
    store.publish(versions, {"tags": {tag: as_facts(entries) for tag, entries in left.items() if entries}})


def kept(store: Store, spec: RetentionSpec, leaving: Expired) -> Kept:
    """What stays, once instants that are published still have left."""
    present = store.number + 1 if leaving else store.number
    past = [number for number in store.states() if number < present]
    runs = restorable(store)
    older = sorted({one.state for one in runs}.intersection(past), reverse=True)[: spec.runs]
    recent = _left_since(store, past, spec.readers.seconds)
    stood = {number: store.past(number) for number in {*older, *recent}}
    files, of_tags = _present(store, leaving), tables_of_tags(store)
    for number, one in stood.items():
        files |= _referred(one, one.tables if number in recent else of_tags)
    states = {present, *stood}
    return Kept(
        frozenset(states),
        tuple(one.run_id for one in runs if one.state in states),
        frozenset(files),
        frozenset(_writers([store, *stood.values()])),
    )


def _left_since(store: Store, past: Iterable[int], seconds: int) -> list[int]:
    """Which of the past states were the published one still, less than so many seconds ago."""
    now, states = time(), store.states()
    ends = dict(zip(states, [path.stat().st_mtime for path in states.values()][1:], strict=False))
    return [number for number in past if ends.get(number, now) > now - seconds]


def _present(store: Store, leaving: Expired) -> set[Path]:
    partitions = [partition_of(tag, one.as_of)[1] for tag, entries in leaving.items() for one in entries]
    tables = histories(store) if leaving else []
    gone = {Path(file) for table in tables for one in partitions for file in store.files(table, **one)}
    return _referred(store, store.tables) - gone


def _referred(store: Store, tables: Iterable[str]) -> set[Path]:
    return {path for table in tables for path in store.referred(table)}


def _writers(stores: Iterable[Store]) -> set[str]:
    return {one["run_id"] for store in stores for entries in store.facts("tags").values() for one in entries.values()}
