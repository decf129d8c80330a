"""What a part of the project file must be by itself: names, lengths of time, lists without repetition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..quantities import Duration
from ..specs import Spec
from .document import Path, Problem

__all__ = ["blank", "negative", "not_positive", "repeated", "wrong_names"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def blank(path: Path, part: Spec, keys: Iterable[str]) -> Iterator[Problem]:
    """One problem for each of the keys under which an empty text is written."""
    for key in keys:
        if getattr(part, key) == "":
            yield Problem((*path, key), "is empty; write a text")


def wrong_names(path: Path, names: Iterable[str]) -> Iterator[Problem]:
    """One problem for each key below the path that is not a plain word."""
    for name in names:
        if not _NAME.fullmatch(name):
            sentence = f'"{name}" is not a name; write small letters, digits and underscores, a letter first'
            yield Problem((*path, name), sentence, at_key=True)


def not_positive(path: Path, duration: Duration | None) -> Iterator[Problem]:
    """A problem where the duration is zero or less."""
    if duration is not None and duration.seconds <= 0:
        yield Problem(path, f"{duration} is no length of time; write more than 0d, such as 28d")


def negative(path: Path, duration: Duration) -> Iterator[Problem]:
    """A problem where the duration is less than zero."""
    if duration.seconds < 0:
        yield Problem(path, f"{duration} would look back before the cutoff; write 0d or more")


def repeated(path: Path, values: Sequence[object]) -> Iterator[Problem]:
    """One problem for each value of a list that stood in it before."""
    for place, value in enumerate(values):
        if value in values[:place]:
            yield Problem((*path, place), f"{value} stands here twice; keep one of them")
