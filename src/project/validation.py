"""What pydantic finds wrong, said in Limner's voice: where, what was found, what is allowed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from .document import Document, Path, Problem
from .schema import json_schema

__all__ = ["flags_for_numbers", "guess", "problems_of"]

_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of this size",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "tuple_type": "a list",
    "list_type": "a list",
}

_NAME = "write small letters, digits and underscores, a letter first"
_FORMS = {
    "issuer": "is not an address; write such as https://sign-in.shop.example",
    "address": "is not an address; write such as https://limner.shop.example",
    "header": "is not the name of a header; write such as X-Forwarded-User",
    "client_secret": "is not a variable of the environment, and a secret does not belong into a file; write ${NAME}",
}
"""What is wrong with texts that are no names, by their keys; a secret is not shown."""

_KINDS = {"tag": "predictive, rule, fact", "sink": "csv, parquet, delta, postgres, webhook"}


def problems_of(error: ValidationError, document: Document) -> list[Problem]:
    """One problem for each place that is wrong; of several readings of one place the nearest to what was written."""
    found: dict[Path, Problem] = {}
    for one in sorted(error.errors(), key=lambda detail: -len(_written(detail["loc"], document.value))):
        path = _written(one["loc"], document.value)
        if any(path == other[: len(path)] and other != path for other in found) and one["type"] != "missing":
            continue
        problem = _problem(one, path, document.value)
        found.setdefault(problem.path, problem)
    unknown = {path for path, one in found.items() if one.at_key}
    return [one for path, one in found.items() if path in document.values or not _is_misspelt(path, unknown)]


def flags_for_numbers(written: Any, read: Any, path: Path = ()) -> list[Problem]:
    """One problem for each true or false that was written where a number belongs, which pydantic takes for 1 or 0."""
    if isinstance(written, bool):
        wrong = f"{str(written).lower()} is not a number"
        return [] if isinstance(read, bool) else [Problem(path, wrong)]
    if isinstance(written, Mapping):
        inner = {key: read[key] if isinstance(read, Mapping) else getattr(read, key) for key in written}
        return [one for key, value in written.items() for one in flags_for_numbers(value, inner[key], (*path, key))]
    if isinstance(written, list):
        pairs = enumerate(zip(written, read, strict=True))
        return [one for place, (value, got) in pairs for one in flags_for_numbers(value, got, (*path, place))]
    return []


def guess(name: str, known: Any) -> str:
    """A did-you-mean, or nothing.

    >>> guess("tagret", ["target", "tiers"])
    '; did you mean "target"?'
    """
    near = get_close_matches(str(name), [str(one) for one in known], n=1, cutoff=0.65)
    return f'; did you mean "{near[0]}"?' if near else ""


def _is_misspelt(missing: Path, unknown: Collection[Path]) -> bool:
    """Whether an unknown key beside the missing one looks like it, so that the two are one mistake."""
    beside = (str(one[-1]) for one in unknown if one[:-1] == missing[:-1])
    return any(guess(name, missing[-1:]) for name in beside)


def _problem(detail: Any, path: Path, written: Any) -> Problem:
    kind, last = detail["type"], detail["loc"][-1]
    if kind == "extra_forbidden":
        allowed = _allowed_keys(path[:-1], written)
        sentence = f'unknown key "{last}"{guess(str(last), allowed)}; allowed: {", ".join(allowed)}'
        return Problem(path, sentence, at_key=True)
    if kind == "missing":
        return Problem((*path, str(last)), f'the key "{last}" is missing')
    return Problem(path, _sentence(detail))


def _sentence(detail: Any) -> str:
    kind, found, context = detail["type"], detail["input"], detail.get("ctx", {})
    shown = f'"{found}"' if isinstance(found, str) else ("nothing" if found is None else str(found))
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"{shown} is not allowed here; allowed: {context['expected'].replace(chr(39), '')}"
    if kind == "union_tag_invalid":
        allowed = context["expected_tags"].replace(chr(39), "")
        return f'"{context["tag"]}" is not a kind of {_thing(detail)}; allowed: {allowed}'
    if kind == "union_tag_not_found":
        return f'the key "kind" is missing; allowed: {_KINDS[_thing(detail)]}'
    if kind == "string_pattern_mismatch":
        return _FORMS.get(detail["loc"][-1]) or f"{shown} is not a name; {_NAME}"
    if kind == "too_short":
        return "is empty; write at least one"
    if kind in _WANTED:
        return f"is empty; write {_WANTED[kind]}" if found is None else f"{_short(shown)} is not {_WANTED[kind]}"
    return f"{_short(shown)}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _thing(detail: Any) -> str:
    """What it is that comes in several kinds: a tag or a sink."""
    return str(detail["loc"][0]).removesuffix("s")


def _short(shown: str) -> str:
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _written(loc: tuple[str | int, ...], value: Any) -> Path:
    """The part of pydantic's location that is written in the file; names of union branches are not."""
    path: list[str | int] = []
    for part in loc:
        is_key = isinstance(value, Mapping) and part in value
        if is_key or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            value = value[part]
            path.append(part)
    return tuple(path)


def _allowed_keys(path: Path, written: Any) -> list[str]:
    schema = json_schema()
    nodes = _nodes(schema, schema, path, written)
    return sorted({key for node in nodes for key in node.get("properties", {})})


def _nodes(schema: Mapping[str, Any], node: Mapping[str, Any], path: Path, written: Any) -> Iterator[Mapping[str, Any]]:
    """The schema's nodes that describe a path; several where the file may say one of several things."""
    if "$ref" in node:
        yield from _nodes(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[-1]], path, written)
        return
    for branch in _branches(node, written):
        yield from _nodes(schema, branch, path, written)
    if not path:
        yield node
        return
    first, rest = path[0], path[1:]
    if isinstance(first, int):
        inner = node.get("items")
    else:
        inner = node.get("properties", {}).get(first) or node.get("additionalProperties")
    if isinstance(inner, Mapping):
        yield from _nodes(schema, inner, rest, written[first])


def _branches(node: Mapping[str, Any], written: Any) -> list[Mapping[str, Any]]:
    """What a node may be instead: the one that the file names as its kind, else all."""
    choice = node.get("discriminator", {})
    kinds = choice.get("mapping", {})
    kind = written.get(choice["propertyName"]) if kinds and isinstance(written, Mapping) else None
    return [{"$ref": kinds[kind]}] if kind in kinds else [*node.get("anyOf", ()), *node.get("oneOf", ())]
