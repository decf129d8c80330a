"""From what the project file says of a sink to the sink itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...errors import SpecError
from .files import CsvSink, ParquetSink
from .postgres import PostgresSink
from .posting import Pace, Poster
from .protocol import Sink
from .secrets import revealed, wrong_url
from .spec import CsvSinkSpec, DeltaSinkSpec, ParquetSinkSpec, PostgresSinkSpec, SinkSpec, WebhookSinkSpec
from .table import DeltaSink
from .webhook import WebhookSink

__all__ = ["destination", "open_sink", "poster_of"]


def open_sink(name: str, spec: SinkSpec, root: Path, environ: Mapping[str, str], pace: Pace) -> Sink:
    """The sink, with its secrets from the environment.

    Args:
        root: the folder that paths of the project file are relative to.

    Raises:
        UsageError: the environment lacks a secret.
        SpecError: an address from the environment cannot be one.
    """
    where = f"sinks.{name}"
    match spec:
        case CsvSinkSpec():
            return CsvSink(root / spec.path, bom=spec.bom)
        case ParquetSinkSpec():
            return ParquetSink(root / spec.path)
        case DeltaSinkSpec():
            return DeltaSink(root / spec.path, where)
        case PostgresSinkSpec():
            return PostgresSink(revealed(spec.dsn, environ, f"{where}.dsn"), spec.table, where)
        case WebhookSinkSpec():
            return WebhookSink(poster_of(name, spec, environ, pace), spec.batch)


def poster_of(name: str, spec: WebhookSinkSpec, environ: Mapping[str, str], pace: Pace) -> Poster:
    """What sends signed messages to the sink's service.

    Raises:
        UsageError: the environment lacks a secret.
        SpecError: an address from the environment cannot be one.
    """
    where = f"sinks.{name}"
    url = revealed(spec.url, environ, f"{where}.url")
    wrong = wrong_url(url)
    if wrong is not None:
        raise SpecError(f"{where}.url: {spec.url} {wrong}")
    return Poster(url, revealed(spec.secret, environ, f"{where}.secret"), where, spec.attempts, pace)


def destination(spec: SinkSpec, audience: str) -> str:
    """Where the audience goes, for people: as the project file says it, so without secrets."""
    match spec:
        case PostgresSinkSpec():
            return f"table {spec.table} of {spec.dsn.partition('?')[0]}"
        case WebhookSinkSpec():
            return spec.url.partition("?")[0]
        case _:
            return spec.path.replace("{audience}", audience)
