"""One line of a check: how well a thing is, and how to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..errors import LimnerError

__all__ = ["Finding", "Level", "counted", "listed", "refused"]

Level = Literal["ok", "warning", "refused"]

_SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """One line: how well a thing is, in a sentence, and how to mend it where it is not.

    `tag` is the tag that the line is about; empty where it is about the whole project.
    """

    level: Level
    subject: str
    sentence: str
    mend: str = ""
    tag: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON holds it."""
        return asdict(self)


def refused(tag: str, subject: str, error: LimnerError) -> Finding:
    """What an error says of the tag; the last of several sentences is how to mend it."""
    told = str(error).removeprefix(f"tags.{tag}").removeprefix(": ")
    sentence, _, mend = told.rpartition(". ")
    if not sentence:
        return Finding("refused", subject, told, "", tag)
    return Finding("refused", subject, sentence, mend[0].lower() + mend[1:], tag)


def counted(count: int, word: str) -> str:
    """The count with its word, which takes an s where there is not just one.

    >>> counted(1, "user"), counted(1_200, "row")
    ('1 user', '1,200 rows')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def listed(things: list[str]) -> str:
    """The first three things, and how many more there are.

    >>> listed(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    more = f" and {len(things) - _SHOWN} more" if len(things) > _SHOWN else ""
    return f"{', '.join(things[:_SHOWN])}{more}"
