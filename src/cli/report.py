"""What commands did, as screens: ingestion, training and scoring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.text import Text

from .phrases import day
from .shapes import counted, heading, labelled, table

if TYPE_CHECKING:
    from ..events.result import IngestResult, SourceResult
    from ..pipeline.score import ScoreResult, TagOutcome
    from ..pipeline.train import TagTraining, TrainResult

__all__ = ["print_ingest", "print_scoring", "print_training"]

_STYLES = {
    "refused": "red",
    "promoted": "green",
    "challenger": "yellow",
    "published": "green",
    "unchanged": "dim",
}
_TOP_REASONS = 5


def print_ingest(result: IngestResult, console: Console) -> None:
    """Print what each source brought, why rows went to quarantine, and what the log now holds."""
    headers = ["Source", "Files", "Skipped", "Read", "Added", "Twins", "Bad", "Until"]
    console.print(table(headers, [_source(one) for one in result.sources], right=range(1, 7)))
    lines = [line for source in result.sources for line in _oddities(source)]
    if lines:
        console.print()
        console.print(labelled(lines, indent=0))
    console.print()
    for note in result.notes:
        console.print(Text(note, "yellow"))
    console.print(f"The log holds {result.rows:,} events of {counted(result.users, 'user')}.")


def print_training(result: TrainResult, console: Console) -> None:
    """Print what became of each tag, how good it is, why, and where its card lies."""
    for number, outcome in enumerate(result.outcomes):
        if number:
            console.print()
        version = f"version {outcome.model_version}" if outcome.model_version else ""
        grade = f"grade {outcome.grade}" if outcome.grade else ""
        told = ", ".join(part for part in (outcome.outcome, version, grade) if part)
        console.print(Text.assemble((outcome.tag, "bold"), "  ", (told, _STYLES[outcome.outcome])))
        console.print(labelled(_training(outcome)))
    if any(outcome.outcome == "promoted" for outcome in result.outcomes):
        console.print()
        console.print("Next: limner score")


def print_scoring(result: ScoreResult, console: Console) -> None:
    """Print what became of each tag, what changed, and every warning and refusal in full."""
    console.print(heading(f"Scored as of {day(result.manifest['as_of'])}"))
    headers = ["Tag", "Kind", "Outcome", "Users", "Version"]
    console.print(table(headers, [_scored(one) for one in result.outcomes], right=(3,)))
    told = [line for one in result.outcomes for line in _said_of(one)]
    if told:
        console.print()
        console.print(labelled(told, indent=0))


def _source(source: SourceResult) -> list[str | Text]:
    counts = (source.files_read, source.files_skipped, source.rows_read, source.rows_added, source.duplicates)
    bad = Text(f"{source.rows_quarantined:,}", "yellow" if source.rows_quarantined else "")
    until = "" if source.watermark is None else day(str(source.as_dict()["watermark"]))
    return [source.name, *(f"{count:,}" for count in counts), bad, until]


def _oddities(source: SourceResult) -> Iterator[tuple[str, RenderableType]]:
    reasons = sorted(source.quarantined.items(), key=lambda one: (-one[1], one[0]))
    for reason, count in reasons[:_TOP_REASONS]:
        yield source.name, f"{count:,} × {reason}"
    if len(reasons) > _TOP_REASONS:
        rest = sum(count for _, count in reasons[_TOP_REASONS:])
        yield source.name, f"{rest:,} for other reasons; all of them are in the table quarantine"
    if source.ambiguous_times:
        yield source.name, f"{source.ambiguous_times:,} times that happened twice; the later was taken"
    if source.nonexistent_times:
        yield source.name, f"{source.nonexistent_times:,} times that never were; the next valid instant was taken"


def _training(outcome: TagTraining) -> Iterator[tuple[str, RenderableType]]:
    yield ("why" if outcome.outcome == "refused" else "quality"), outcome.sentence
    for number, reason in enumerate(outcome.reasons):
        yield ("" if number else "gate"), reason
    if outcome.recipe:
        yield "recipe", outcome.recipe
    if outcome.card:
        yield "card", outcome.card


def _scored(outcome: TagOutcome) -> list[str | Text]:
    rows = "" if outcome.rows is None else f"{outcome.rows:,}"
    told = Text(outcome.outcome, _STYLES[outcome.outcome])
    return [outcome.tag, outcome.kind, told, rows, outcome.model_version or ""]


def _said_of(outcome: TagOutcome) -> Iterator[tuple[str, RenderableType]]:
    if outcome.changes:
        yield outcome.tag, _changed(outcome.changes)
    if outcome.reason:
        yield outcome.tag, Text(outcome.reason, "red")
    for warning in outcome.warnings:
        yield outcome.tag, Text(warning, "yellow")


def _changed(changes: Mapping[str, Any]) -> str:
    if changes["since"] is None:
        return f"{changes['added']:,} added, for the first time"
    told = ", ".join(f"{changes[kind]:,} {kind}" for kind in ("added", "updated", "left"))
    return f"{told} since {day(changes['since'])}"
