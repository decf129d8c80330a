"""What sinks say of tags and of the environment, and what audiences say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import SpecError
from ..tags.rows import Kind
from ..tags.sinks.columns import along
from ..tags.sinks.secrets import has_password, is_reference, wrong_url
from ..tags.sinks.spec import PostgresSinkSpec, SinkSpec, WebhookSinkSpec
from .document import Path, Problem
from .plausible import blank, repeated, wrong_names
from .spec import ProjectSpec

__all__ = ["sink_problems"]

_RESERVED = ("export", "outbox")
"""What stands in the place of a sink's name where there is none."""


def sink_problems(spec: ProjectSpec) -> Iterator[Problem]:
    """What is wrong with the sinks, one after the other."""
    yield from wrong_names(("sinks",), spec.sinks)
    kinds = {name: tag.kind for name, tag in spec.tags.items()}
    for name, sink in spec.sinks.items():
        at: Path = ("sinks", name)
        if name in _RESERVED:
            yield Problem(at, f"{name} is what Limner calls something else; take another name", at_key=True)
        yield from repeated((*at, "columns"), sink.columns)
        yield from _wrong_columns((*at, "columns"), sink, kinds)
        if isinstance(sink, PostgresSinkSpec):
            yield from _wrong_database(at, sink)
        elif isinstance(sink, WebhookSinkSpec):
            yield from _wrong_service(at, sink)
        else:
            yield from blank(at, sink, ("path",))


def _wrong_columns(path: Path, sink: SinkSpec, kinds: Mapping[str, Kind]) -> Iterator[Problem]:
    for place, column in enumerate(sink.columns):
        try:
            along(column, kinds)
        except SpecError as error:
            yield Problem((*path, place), str(error))


def _wrong_database(at: Path, sink: PostgresSinkSpec) -> Iterator[Problem]:
    yield from blank(at, sink, ("dsn",))
    if has_password(sink.dsn):
        yield Problem(
            (*at, "dsn"),
            "holds a password, which does not belong into a file; write ${NAME}, and set NAME where limner runs",
        )
    parts = sink.table.split(".")
    if len(parts) > 2 or not all(part and len(part.encode()) <= 63 for part in parts):
        yield Problem((*at, "table"), f'"{sink.table}" is not a table; write such as audience or crm.audience')


def _wrong_service(at: Path, sink: WebhookSinkSpec) -> Iterator[Problem]:
    wrong = None if is_reference(sink.url) else wrong_url(sink.url)
    if wrong is not None:
        yield Problem((*at, "url"), wrong)
    if not is_reference(sink.secret):
        yield Problem(
            (*at, "secret"),
            "is written out, and a secret does not belong into a file; write ${NAME}, and set NAME where limner runs",
        )
