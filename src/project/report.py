"""All mistakes of a project file in one message: place, sentence, line and caret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

from .document import Document, Path, Place, Problem

__all__ = ["excerpt", "message"]

_LONGEST = 160
_BEFORE = 80
"""Letters that are shown of a line, and of them before the spot where the line is longer."""
_SECRETS = re.compile(
    r"""(://[^/?#@\s:]*:)([^\s"']+)(?=@)|(\b\w*(?:secret|password)\b\s*[:=]\s*["']?)(?!\$\{)([^\s"',}&]+)""",
    re.IGNORECASE,
)
"""A password in an address, and what follows the word."""


def message(shown: str, text: str, document: Document, problems: Sequence[Problem]) -> str:
    """The problems in the order of the text, each with its line and a caret below the spot."""
    ordered = sorted(problems, key=lambda one: (document.place(one).line, document.place(one).column))
    count = "1 mistake" if len(ordered) == 1 else f"{len(ordered)} mistakes"
    return "\n".join([f"{shown}: {count}", *(_one(shown, text, document, problem) for problem in ordered)])


def excerpt(text: str, place: Place) -> str:
    """The line of a place and a caret below the spot, each on a line of its own; nothing behind the end.

    >>> print(excerpt("ab: {cd: 1}", Place(0, 5)))
    <BLANKLINE>
        1 | ab: {cd: 1}
          |      ^
    """
    lines = text.splitlines()
    if place.line >= len(lines):
        return ""
    line, number = _masked(lines[place.line]), f"{place.line + 1:>5} | "
    first = max(0, place.column - _BEFORE) if len(line) > _LONGEST else 0
    before, after = _printable(line[first : place.column]), _printable(line[place.column : first + _LONGEST])
    return f"\n{number}{before}{after}\n{' ' * (len(number) - 2)}| {_as_wide_as(before)}^"


def _one(shown: str, text: str, document: Document, problem: Problem) -> str:
    place = document.place(problem)
    where = _dotted(problem.path)
    sentence = _printable(f"{where}{': ' if where else ''}{problem.sentence}")
    return f"{shown}:{place.line + 1}:{place.column + 1} {sentence}{excerpt(text, place)}"


def _printable(text: str) -> str:
    """The text on one line, without anything that a terminal would obey."""
    kept = (
        letter if letter.isprintable() or letter == "\t" else "\N{REPLACEMENT CHARACTER}"
        for letter in text.replace("\n", " ")
    )
    return "".join(kept)


def _masked(line: str) -> str:
    """The line without the secrets that should not stand in it, as long as before.

    >>> _masked("crm: {dsn: postgresql://me:hunter2@db/crm, secret: hunter2}")
    'crm: {dsn: postgresql://me:*******@db/crm, secret: *******}'
    """
    return _SECRETS.sub(lambda found: (found[1] or found[3]) + "*" * len(found[2] or found[4]), line)


def _as_wide_as(text: str) -> str:
    """Blanks that take the room of the text on a terminal, where Chinese letters are twice as wide."""
    return "".join(letter if letter == "\t" else " " * (1 + (east_asian_width(letter) in "WF")) for letter in text)


def _dotted(path: Path) -> str:
    """The path as people write it.

    >>> _dotted(("features", "windows", 2))
    'features.windows[2]'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
