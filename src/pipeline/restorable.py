"""The runs that can be restored: those of which the store still keeps how it stood right after them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..engines.store import Store
from ..errors import RefusedError, UsageError
from ..tags.rows import PARTITIONS
from .manifest import read_manifests

__all__ = ["Restorable", "histories", "restorable", "run_named", "standing", "tables_of_tags"]

_SHOWN = 5


@dataclass(frozen=True)
class Restorable:
    """A run, and the number of the state that was published right after it."""

    run_id: str
    state: int


def histories(store: Store) -> list[str]:
    """The published tables that have a partition for each tag and instant."""
    return [one for one in store.tables if store.table(one).metadata().partition_columns == list(PARTITIONS)]


def tables_of_tags(store: Store) -> list[str]:
    """The published tables that belong to the tags, and are restored together."""
    return sorted({"current", *histories(store)}.intersection(store.tables))


def standing(store: Store) -> int | None:
    """The number of the published state, which a run's manifest keeps under `published`; None before any tags."""
    return None if store.version("tags") is None else store.number


def restorable(store: Store) -> list[Restorable]:
    """The runs that can be restored, the newest first."""
    states = [number for number in store.states() if number <= store.number]
    told = read_manifests(store.root).values()
    found = [Restorable(one["run_id"], one["published"]) for one in told if one.get("published") in states]
    return sorted(found, key=lambda one: (one.state, one.run_id), reverse=True)


def run_named(store: Store, text: str) -> Restorable:
    """The run with an id, which may be shortened to its beginning or its end where only one that left tags fits.

    Raises:
        UsageError: no run has the id, several may be meant, or it left no tags.
        RefusedError: how the store stood after the run is not kept any more.
    """
    known = read_manifests(store.root)
    runs = restorable(store)
    tagging = [run_id for run_id, one in known.items() if one.get("published") is not None]
    fitting = _fitting(text, tagging) or _fitting(text, known)
    if not fitting:
        raise UsageError(f'--restore: no run is called "{text}"; {_offer(runs)}')
    if len(fitting) > 1:
        raise UsageError(f'--restore: "{text}" fits {_listed(fitting)}; write more of the id')
    (run_id,) = fitting
    if known[run_id].get("published") is None:
        raise UsageError(f"--restore: {run_id} left no tags that can be restored; {_offer(runs)}")
    for run in runs:
        if run.run_id == run_id:
            return run
    raise RefusedError(f"--restore: the tags as they stood after {run_id} are not kept any more; {_offer(runs)}")


def _fitting(text: str, run_ids: Collection[str]) -> list[str]:
    if text in run_ids or not text:
        return [text] if text else []
    return sorted(one for one in run_ids if one.startswith(text) or one.endswith(text))


def _offer(runs: Sequence[Restorable]) -> str:
    if not runs:
        return "there is none to restore before: limner score"
    return f"restorable, the newest first: {_listed([run.run_id for run in runs])}"


def _listed(run_ids: Sequence[str]) -> str:
    rest = len(run_ids) - _SHOWN
    return ", ".join(run_ids[:_SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")
