"""A YAML file as plain values, each with its place in the text; what YAML reads by surprise is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.error import MarkedYAMLError
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

__all__ = ["Document", "Path", "Place", "Problem", "read_document"]

Path = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""

_TRUE_FALSE = re.compile(r"^(?:true|false)$")
_NULL = re.compile(r"^(?:~|null|)$")
_INTEGER = re.compile(r"^[-+]?(?:0|[1-9][0-9]{0,17})$")
_DECIMAL = re.compile(r"^[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]+$")
_OCTAL = re.compile(r"^[-+]?0[0-9]{1,17}$")

_COLLECTIONS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_FORMS = {"bool": _TRUE_FALSE, "null": _NULL, "int": _INTEGER, "float": _DECIMAL}

_ALIAS = "alias"
_DEEPEST = 40
"""Levels that a file may have; a project file needs seven."""


@dataclass(frozen=True)
class Place:
    """A line and a column of the text, both from 0."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """Something wrong at a path; `at_key` points to the key and not to its value."""

    path: Path
    sentence: str
    at_key: bool = False


@dataclass
class Document:
    """The values of a file, and where each key and value stands."""

    value: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, problem: Problem) -> Place:
        """Where a problem is shown: at its key or value, or at the nearest thing around it that is written."""
        wanted = problem.path
        if problem.at_key and wanted in self.keys:
            return self.keys[wanted]
        while wanted and wanted not in self.values:
            wanted = wanted[:-1]
        return self.keys.get(wanted, Place(0, 0)) if wanted != problem.path else self.values.get(wanted, Place(0, 0))


class _Loader(yaml.SafeLoader):
    """Reads true, false, null and plain numbers; everything else stays text: `on`, `no`, dates, 1_000."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as the parent has it
    level = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """The next node; an alias stands for itself, so that no file can grow or turn in circles through it."""
        if self.check_event(AliasEvent):
            alias = self.get_event()  # type: ignore[no-untyped-call]
            return ScalarNode(_ALIAS, f"*{alias.anchor}", alias.start_mark, alias.end_mark)
        if self.level >= _DEEPEST:
            start = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise MarkedYAMLError(problem=f"more than {_DEEPEST} levels stand inside each other", problem_mark=start)
        self.level += 1
        node: Node | None = super().compose_node(parent, index)
        self.level -= 1
        return node


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _TRUE_FALSE, list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", _NULL, ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _DECIMAL, list("-+0123456789"))


def read_document(text: str) -> Document:
    """The document in the text; equal keys, aliases, tags and numbers with leading zeros become problems.

    Raises:
        yaml.YAMLError: the text is no YAML.
    """
    document = Document()
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    finally:
        loader.dispose()
    document.value = None if node is None else _read(document, node, ())
    return document


def _read(document: Document, node: Node, path: Path) -> Any:
    document.values[path] = _place(node)
    if not isinstance(node, ScalarNode) and node.tag not in _COLLECTIONS:
        document.problems.append(Problem(path, _wrong_tag(node)))
    if isinstance(node, MappingNode):
        return dict(_pairs(document, node, path))
    if isinstance(node, SequenceNode):
        return [_read(document, one, (*path, position)) for position, one in enumerate(node.value)]
    return _scalar(document, node, path)


def _pairs(document: Document, node: MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        is_word = isinstance(key_node, ScalarNode) and key_node.tag != _ALIAS
        key = str(key_node.value) if is_word else "?"
        where = (*path, key)
        document.keys.setdefault(where, _place(key_node))
        wrong = _wrong_key(key, seen) if is_word else "a key must be a plain word"
        if wrong:
            document.keys[where] = _place(key_node)
            document.problems.append(Problem(where, wrong, at_key=True))
        else:
            seen.add(key)
            yield key, _read(document, value_node, where)


def _wrong_key(key: str, seen: set[str]) -> str:
    if key == "<<":
        return "merge keys are not allowed; write the keys out"
    return f'the key "{key}" stands here twice; keep one of them' if key in seen else ""


def _scalar(document: Document, node: Node, path: Path) -> Any:
    text, kind = str(node.value), node.tag.rsplit(":", 1)[-1]
    wrong = _wrong_scalar(node, text, kind)
    if wrong:
        document.problems.append(Problem(path, wrong))
    elif kind == "bool":
        return text == "true"
    elif kind == "null":
        return None
    elif kind in {"int", "float"}:
        return int(text) if kind == "int" else float(text)
    return text


def _wrong_scalar(node: Node, text: str, kind: str) -> str:
    if kind == _ALIAS:
        return f"{text} is an alias, which is not allowed; write its value out"
    if (kind in _FORMS and not _FORMS[kind].match(text)) or kind not in {*_FORMS, "str"}:
        return _wrong_tag(node)
    if kind == "str" and getattr(node, "style", None) is None and _OCTAL.match(text):
        return f'{text} could be read as two numbers; write {int(text)} or "{text}"'
    return ""


def _wrong_tag(node: Node) -> str:
    return f"the tag {node.tag.replace('tag:yaml.org,2002:', '!!')} is not allowed here; write the value alone"


def _place(node: Node) -> Place:
    return Place(node.start_mark.line, node.start_mark.column)
