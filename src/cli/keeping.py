"""What was brought back, and what was removed, as screens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.text import Text

from .phrases import day
from .shapes import heading, labelled, table

if TYPE_CHECKING:
    from ..pipeline.restore import RestoredTag, RestoreResult

__all__ = ["print_restoring"]

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


def _restored(tag: RestoredTag) -> list[str | Text]:
    rows = "" if tag.rows is None else f"{tag.rows:,}"
    as_of = "" if tag.as_of is None else day(tag.as_of)
    return [tag.tag, Text(tag.outcome, _STYLES[tag.outcome]), rows, as_of]


def _notes(result: RestoreResult) -> Iterator[tuple[str, RenderableType]]:
    if result.before is not None:
        yield "to undo", f"limner score --restore {result.before}"
    yield "note", "the log and the models are as they were; the next limner score writes what these say now"
