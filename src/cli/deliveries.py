"""What was sent where, and what waits in the outbox, as screens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.text import Text

from .phrases import day
from .shapes import counted, heading, labelled, table, width_of

if TYPE_CHECKING:
    from ..pipeline.export import ExportResult
    from ..pipeline.sync import SinkOutcome, SyncResult
    from ..tags.sinks.carrying import Carried
    from ..tags.sinks.outbox import Letter

__all__ = ["print_export", "print_outbox", "print_sync"]

_STYLES = {"delivered": "green", "unchanged": "dim", "refused": "red"}
_MANY = 20
_FEW = (0, 1, 2, 3, 5, 6)
"""The columns of a sync that a narrow screen has room for."""


def print_sync(result: SyncResult, console: Console) -> None:
    """Print what each sink was sent, what it holds now, what became of letters, and why anything was refused."""
    headers = ["Audience", "Sink", "Outcome", "Added", "Updated", "Left", "Holds", "Held out"]
    rows = [_sent(one) for one in result.outcomes]
    if width_of([headers, *rows]) > console.width:
        headers, rows = [headers[place] for place in _FEW], [[row[place] for place in _FEW] for row in rows]
    console.print(table(headers, rows, right=range(3, len(headers))))
    left_behind = [("note", Text(note, "yellow")) for note in result.notes]
    notes = [*_notes(result.outcomes), *(_carried(one) for one in result.letters), *left_behind]
    if notes:
        console.print()
        console.print(labelled(notes, indent=0))


def print_export(result: ExportResult, console: Console) -> None:
    """Print how many users the file holds, and how many are left alone."""
    left = f"; {result.held_out:,} more are held out" if result.held_out else ""
    console.print(f"{result.path}: {counted(result.users, 'user')}{left}.", soft_wrap=True)


def print_outbox(letters: Sequence[Letter], console: Console) -> None:
    """Print how many letters wait, and those that failed, the dead first."""
    dead = [one for one in letters if one.is_dead]
    failing = [one for one in letters if one.failures and not one.is_dead]
    told = f"{counted(len(letters) - len(dead), 'letter')} waiting, {len(dead):,} dead"
    console.print(heading(told if letters else "The outbox is empty"))
    shown = [*dead, *failing][:_MANY]
    if shown:
        headers = ["User", "Audience", "Event", "Sink", "As of", "Failures", "State"]
        console.print(table(headers, [_letter(one) for one in shown], right=(5,)))
        console.print()
        console.print(labelled(_reasons(shown), indent=0))
    if len(dead) + len(failing) > _MANY:
        console.print(f"and {len(dead) + len(failing) - _MANY:,} more, which --json lists")


def _sent(outcome: SinkOutcome) -> list[str | Text]:
    told = outcome.told
    counts = [told.added, told.updated, told.left, told.holds, told.held_out]
    styled = Text(told.outcome, _STYLES[told.outcome])
    return [outcome.audience, outcome.sink, styled, *(f"{count:,}" for count in counts)]


def _notes(outcomes: Sequence[SinkOutcome]) -> Iterator[tuple[str, RenderableType]]:
    for outcome in outcomes:
        if outcome.told.reason is not None:
            yield outcome.audience, Text(outcome.told.reason, "red")
        elif outcome.told.outcome == "delivered" and outcome.sink != outcome.destination:
            yield outcome.audience, f"{outcome.sink} is {outcome.destination}"


def _carried(letters: Carried) -> tuple[str, RenderableType]:
    told = f"{counted(letters.sent, 'letter')} confirmed by {letters.sink}"
    rest = [f"{count:,} {word}" for count, word in ((letters.waiting, "waiting"), (letters.dead, "dead")) if count]
    line = ", ".join([told, *rest])
    return "letters", line if letters.reason is None else Text(f"{line}: {letters.reason}", "red")


def _letter(letter: Letter) -> list[str | Text]:
    state = Text("dead", "red") if letter.is_dead else Text("waiting", "yellow")
    as_of = day(letter.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return [letter.user_id, letter.audience, letter.event, letter.sink, as_of, f"{letter.failures:,}", state]


def _reasons(letters: Sequence[Letter]) -> Iterator[tuple[str, RenderableType]]:
    for reason in sorted({one.reason for one in letters if one.reason is not None}):
        yield "why", reason
    if any(one.is_dead for one in letters):
        yield "then", "limner audience outbox --retry"
