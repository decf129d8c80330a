"""What a check found, as a screen: the project first, then each tag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .shapes import counted

if TYPE_CHECKING:
    from ..pipeline.finding import Finding, Level

__all__ = ["SOUND", "USABLE", "Verdict", "print_findings"]

_STYLES = {"ok": "green", "warning": "yellow", "refused": "red"}
_WIDEST = 36


class Verdict(NamedTuple):
    """What is said of a tag, or of the project, of which nothing was refused, and of one of which something was."""

    good: str
    bad: str


USABLE = Verdict("usable", "not usable as it is")
SOUND = Verdict("nothing leaks", "not to be trusted")


def print_findings(findings: Sequence[Finding], console: Console, verdict: Verdict = USABLE) -> None:
    """Print a line for each finding, with how to mend it below, tag by tag, and how many there are of each level."""
    widths = {about: max(len(one.subject) for one in findings if bool(one.tag) == about) for about in _kinds(findings)}
    for tag, group in groupby(findings, key=lambda finding: finding.tag):
        found = list(group)
        console.print(Text.assemble((tag or "project", "bold"), "  ", _judged(found, verdict)))
        console.print(_block(found, min(widths[bool(tag)], _WIDEST)))
        console.print()
    console.print(f"{_count(findings, 'refused')} refused, {_warnings(findings)}, {_count(findings, 'ok')} OK")


def _kinds(findings: Sequence[Finding]) -> set[bool]:
    """Whether there are findings about tags, about the project, or both."""
    return {bool(one.tag) for one in findings}


def _judged(findings: Sequence[Finding], verdict: Verdict) -> Text:
    if _count(findings, "refused"):
        return Text(verdict.bad, _STYLES["refused"])
    if _count(findings, "warning"):
        return Text(f"{verdict.good}, {_warnings(findings)}", _STYLES["warning"])
    return Text(verdict.good, _STYLES["ok"])


def _count(findings: Sequence[Finding], level: Level) -> int:
    return sum(one.level == level for one in findings)


def _warnings(findings: Sequence[Finding]) -> str:
    return counted(_count(findings, "warning"), "warning")


def _block(findings: Sequence[Finding], width: int) -> Padding:
    """The findings as lines whose texts stand one under the other.

    Args:
        width: of what the lines are about.
    """
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, width=len("refused"))
    grid.add_column(no_wrap=True, overflow="ellipsis", width=width, style="dim")
    grid.add_column(ratio=1, overflow="fold")
    for cells in _rows(findings):
        grid.add_row(*cells)
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _rows(findings: Sequence[Finding]) -> Iterator[tuple[Text, Text, Text]]:
    for finding in findings:
        style = _STYLES[finding.level]
        level = Text("OK" if finding.level == "ok" else finding.level, style)
        yield level, Text(finding.subject), Text(finding.sentence, "" if finding.level == "ok" else style)
        if finding.mend:
            yield Text(), Text("to mend", justify="right"), Text(finding.mend, "italic")
