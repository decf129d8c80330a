"""Where files may be written without harm: not in the store, and not over what the project reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from os.path import normpath
from pathlib import Path, PurePath

from .spec import ProjectSpec

__all__ = ["wrong_file", "wrong_place", "wrong_words"]

_WORD = re.compile(r"\$?\{[^{}]*\}")


def wrong_place(spec: ProjectSpec, place: str, root: Path | None = None) -> str | None:
    """What is wrong with writing at a place; None where nothing is.

    Args:
        root: the project's folder, where the place is not relative to it.
    """
    if _joined(root, place).is_relative_to(_joined(root, spec.store)):
        return f"lies in the store {spec.store}, where Limner removes what it does not know; name another place"
    return None


def wrong_file(spec: ProjectSpec, place: str, root: Path | None = None) -> str | None:
    """The same of a file, which would replace what is there."""
    for name, read in _reads(spec):
        if _is_one_of(_joined(root, place), _joined(root, read)):
            return f"would replace {read}, which {name} reads; name another place"
    return wrong_place(spec, place, root)


def wrong_words(place: str) -> str | None:
    """What is wrong with the words in braces; None where nothing is.

    >>> wrong_words("out/{audience}.csv"), wrong_words("out/{name}.csv")
    (None, '{name} stands for nothing here; only {audience} does, the name of the audience')
    """
    unknown = [word for word in _WORD.findall(place) if word != "{audience}"]
    return (
        f"{unknown[0]} stands for nothing here; only {{audience}} does, the name of the audience" if unknown else None
    )


def _reads(spec: ProjectSpec) -> Iterator[tuple[str, str]]:
    yield from ((f"sources.{name}", source.read) for name, source in spec.sources.items())
    yield from ((f"attributes.{name}", table.read) for name, table in spec.attributes.items())
    for name, audience in spec.audiences.items():
        if audience.users is not None:
            yield f"audiences.{name}", audience.users.read


def _is_one_of(file: PurePath, read: PurePath) -> bool:
    """Whether the file is what a path or a glob finds; a star reaches into no folder, two do."""
    is_as_deep = len(file.parts) == len(read.parts) or "**" in str(read)
    return is_as_deep and fnmatchcase(str(file), str(read))


def _joined(root: Path | None, place: str) -> PurePath:
    return PurePath(normpath(place if root is None else root / place))
