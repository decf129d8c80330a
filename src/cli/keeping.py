"""What was brought back, and what was removed, as screens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.text import Text

from .phrases import day
from .shapes import counted, heading, labelled, table

if TYPE_CHECKING:
    from ..pipeline.restore import RestoredTag, RestoreResult
    from ..pipeline.vacuum import VacuumResult

__all__ = ["print_restoring", "print_vacuum"]

_STYLES = {"restored": "green", "unchanged": "dim", "removed": "yellow"}


def print_restoring(result: RestoreResult, console: Console) -> None:
    """Print how each tag stands now, what was left alone, and how to undo it."""
    told = "Tags are as they stood after" if result.is_changed else "Nothing to do: tags stand as they did after"
    console.print(heading(f"{told} {result.restored}"))
    rows = [_restored(tag) for tag in result.tags]
    console.print(table(["Tag", "Outcome", "Users", "As of"], rows, right=(2,)))
    if result.is_changed:
        console.print()
        console.print(labelled(_notes(result), indent=0))


def print_vacuum(result: VacuumResult, console: Console) -> None:
    """Print what went from which part of the store, which tags expired, and which runs can still be restored."""
    told = result.as_dict()
    verb = "would be removed" if result.is_dry_run else "removed"
    size = f"{counted(told['files'], 'file')} of {_room(told['bytes'])} {verb}"
    console.print(heading(size if result.removed else "There is nothing to remove"))
    if result.removed:
        rows = [[one.where, f"{one.files:,}", _room(one.bytes)] for one in result.removed]
        console.print(table(["Where", "Files", "Size"], rows, right=(1, 2)))
    console.print()
    console.print(labelled(_left(result), indent=0))


def _left(result: VacuumResult) -> Iterator[tuple[str, RenderableType]]:
    for tag, instants in result.expired.items():
        span = day(instants[0]) if len(instants) == 1 else f"{day(instants[0])} to {day(instants[-1])}"
        yield "expired", f"{tag}: {len(instants):,} as of {span}"
    if result.restorable:
        yield "restorable", f"{counted(len(result.restorable), 'run')}, back to {result.restorable[-1]}"
    else:
        yield "restorable", "no run"


def _room(n_bytes: int) -> str:
    """The size as people read it, in the largest unit that it fills once."""
    units = [("GB", 10**9), ("MB", 10**6), ("kB", 10**3)]
    return next((f"{n_bytes / size:,.1f} {unit}" for unit, size in units if n_bytes >= size), f"{n_bytes} bytes")


def _restored(tag: RestoredTag) -> list[str | Text]:
    rows = "" if tag.rows is None else f"{tag.rows:,}"
    as_of = "" if tag.as_of is None else day(tag.as_of)
    return [tag.tag, Text(tag.outcome, _STYLES[tag.outcome]), rows, as_of]


def _notes(result: RestoreResult) -> Iterator[tuple[str, RenderableType]]:
    if result.before is not None:
        yield "to undo", f"limner score --restore {result.before}"
    yield "note", "the log and the models are as they were; the next limner score writes what these say now"
