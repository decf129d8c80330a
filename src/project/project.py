"""A project file as the rest of Limner sees it: checked, frozen, and with a place on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.error import MarkedYAMLError
from yaml.reader import ReaderError

from ..engines.files import canonical_json
from ..errors import SpecError, UsageError
from ..tags.resting import rests_on
from .document import Document, Place, Problem, read_document
from .references import problems_among
from .report import excerpt, message
from .spec import ProjectSpec
from .validation import flags_for_numbers, problems_of

__all__ = ["Project", "find_config", "load"]

_FOR_PEOPLE = ("title", "description", "owner", "state", "instead", "words")
"""Parts of a tag that change what is read of it, and not what it is."""
_FOR_USE = ("holdout",)
"""Parts of a tag that change on whom it is used, and not what it says of them."""


@dataclass(frozen=True)
class Project:
    """What a project file declares; `root` is the folder that its paths are relative to."""

    path: Path
    root: Path
    text: str
    spec: ProjectSpec

    @property
    def store_path(self) -> Path:
        """The folder where events, snapshots and tags live."""
        return self.root / self.spec.store

    @cached_property
    def below(self) -> Mapping[str, Sequence[str]]:
        """The other tags that each tag rests on."""
        return rests_on(self.spec.tags, self.spec.features)

    def definition_hash(self, tag: str) -> str:
        """The sha256 of all that decides what the tag's values are: its own definition and what it is made of."""
        definition = self.spec.tags[tag].model_dump(mode="json", exclude={*_FOR_PEOPLE, *_FOR_USE})
        features = self.spec.features.model_dump(mode="json", exclude={"signals": {"__all__": {"title"}}})
        made_of: dict[str, Any] = {"tag": definition, "features": features}
        if self.below[tag]:
            made_of["below"] = {other: self.definition_hash(other) for other in self.below[tag]}
        if definition.get("attribute") is not None:
            made_of = {"tag": definition}
        return sha256(canonical_json(made_of).encode()).hexdigest()


def load(path: Path) -> Project:
    """The project that a file declares; a file in a folder `configs/` belongs to the folder around it.

    Raises:
        SpecError: the file is missing, is no YAML, or is wrong; every mistake in it is listed.
    """
    text, shown = _read(path), path.as_posix()
    try:
        document = read_document(text)
    except yaml.YAMLError as error:
        raise SpecError(_not_yaml(shown, text, error)) from None
    problems = list(document.problems)
    spec = _spec(document, problems)
    if problems or spec is None:
        raise SpecError(message(shown, text, document, problems))
    folder = path.resolve().parent
    return Project(path, folder.parent if folder.name == "configs" else folder, text, spec)


def find_config(folder: Path) -> Path:
    """The only project file in `configs/` below the folder, as a path relative to it where that is shorter.

    Raises:
        UsageError: there is none, or there are several.
    """
    found = sorted(path for path in (folder / "configs").glob("*.y*ml") if path.name != "reference.yaml")
    if not found:
        raise UsageError(f"there is no project file in {folder / 'configs'}; name one with --config")
    if len(found) > 1:
        named = ", ".join(f"configs/{path.name}" for path in found)
        raise UsageError(f"there are several project files: {named}; name one with --config")
    return found[0].relative_to(Path.cwd()) if found[0].is_relative_to(Path.cwd()) else found[0]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SpecError(f"{path}: there is no such file; name a project file with --config") from None
    except IsADirectoryError:
        raise SpecError(f"{path}: is a folder; name a project file in it with --config") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SpecError(f"{path.as_posix()}:{line} is not UTF-8 text; save the file as UTF-8") from None
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from None


def _spec(document: Document, problems: list[Problem]) -> ProjectSpec | None:
    """The checked spec; what is wrong is added to the problems, references only once everything has its type."""
    if not isinstance(document.value, dict):
        if not problems:
            problems.append(Problem((), "is not a mapping of keys; a project file begins with version: 1"))
        return None
    told = [problem.path for problem in document.problems]
    try:
        spec = ProjectSpec.model_validate(document.value)
    except ValidationError as error:
        found = problems_of(error, document)
        problems += [one for one in found if not any(one.path[: len(path)] == path for path in told)]
        return None
    problems += [*flags_for_numbers(document.value, spec), *problems_among(spec)]
    return spec


def _not_yaml(shown: str, text: str, error: yaml.YAMLError) -> str:
    """Where and why the text cannot be read, in the parser's words unless there are better ones."""
    if isinstance(error, ReaderError):
        before = text[: error.position]
        place = Place(before.count("\n"), error.position - before.rfind("\n") - 1)
        return _at(shown, text, place, f"the character U+{ord(text[error.position]):04X} is not allowed; remove it")
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return f"{shown} is not YAML: {error}"
    mark, problem = error.problem_mark, error.problem or ""
    if "'\\t'" in problem:
        problem = "a tab indents this line; YAML wants blanks"
    elif "another document" in problem:
        problem = "a second document begins here; a project file is one"
    elif "cannot start any token" in problem or "got '{'" in problem:
        problem += "; put the text in quotes"
    return _at(shown, text, Place(mark.line, mark.column), problem)


def _at(shown: str, text: str, place: Place, problem: str) -> str:
    return f"{shown}:{place.line + 1}:{place.column + 1} cannot be read: {problem}{excerpt(text, place)}"
