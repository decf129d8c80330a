"""What sinks say of tags and of the environment, and what audiences say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os.path import normpath

from ..errors import SpecError
from ..tags.rows import Kind
from ..tags.sinks.columns import along
from ..tags.sinks.secrets import has_password, is_reference, wrong_url
from ..tags.sinks.spec import CsvSinkSpec, DeltaSinkSpec, ParquetSinkSpec, PostgresSinkSpec, SinkSpec, WebhookSinkSpec
from ..tags.spec import shown_kinds
from .deliveries import listed
from .document import Path, Problem
from .places import wrong_file, wrong_place, wrong_words
from .plausible import blank, repeated, wrong_names
from .spec import ProjectSpec
from .validation import guess

__all__ = ["sink_problems"]

_RESERVED = ("export", "outbox")
"""What stands in the place of a sink's name where there is none."""


def sink_problems(spec: ProjectSpec) -> Iterator[Problem]:
    """What is wrong with the sinks, one after the other, and with what audiences say of them."""
    yield from wrong_names(("sinks",), spec.sinks)
    kinds = shown_kinds(spec.tags)
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
            yield from _wrong_path((*at, "path"), sink, spec)
    yield from _wrong_ways(spec)


def _wrong_ways(spec: ProjectSpec) -> Iterator[Problem]:
    """Problems where audiences go to sinks that are none, or would replace each other's file."""
    files: dict[str, str] = {}
    for name, audience in spec.audiences.items():
        for key in ("sink", "on_enter", "on_leave"):
            sink, at = getattr(audience, key), ("audiences", name, key)
            if sink is None:
                continue
            if sink not in spec.sinks:
                near = guess(sink, spec.sinks)
                yield Problem(at, f'there is no sink "{sink}"{near}; allowed: {listed(spec.sinks)}')
            elif key != "sink" and not isinstance(spec.sinks[sink], WebhookSinkSpec):
                yield Problem(at, f"{sink} is a {spec.sinks[sink].kind} sink; only a webhook can be told of one user")
            elif key == "sink" and (other := _replaced(spec.sinks[sink], name, files)) is not None:
                yield Problem(at, f"would replace the file of {other}; write {{audience}} into sinks.{sink}.path")


def _wrong_path(at: Path, sink: CsvSinkSpec | ParquetSinkSpec | DeltaSinkSpec, spec: ProjectSpec) -> Iterator[Problem]:
    wrong = wrong_words(sink.path) or wrong_place(spec, sink.path)
    users = [name for name, one in spec.audiences.items() if one.sink is not None and spec.sinks.get(one.sink) is sink]
    for name in () if wrong or isinstance(sink, DeltaSinkSpec) else users or [""]:
        wrong = wrong or wrong_file(spec, sink.path.replace("{audience}", name))
    if wrong is not None:
        yield Problem(at, wrong)


def _replaced(sink: SinkSpec, audience: str, files: dict[str, str]) -> str | None:
    """Whose file the audience's own would replace; None where it has one of its own, or is no file at all."""
    if not isinstance(sink, CsvSinkSpec | ParquetSinkSpec):
        return None
    other = files.setdefault(normpath(sink.path.replace("{audience}", audience)), audience)
    return None if other == audience else other


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
