"""The engine that a project names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from ..engines.engine import Engine
from ..engines.local import LocalEngine
from ..engines.spec import EngineSpec

__all__ = ["engine_of"]


@contextmanager
def engine_of(spec: EngineSpec, threads: int = 1) -> Iterator[Engine]:
    """The engine while the block runs: a cluster where one is named, else this machine with so many threads."""
    if spec.spark is None:
        yield LocalEngine(threads)
        return
    from ..engines.spark import SparkEngine  # noqa: PLC0415 - nothing of it is needed on one machine

    with closing(SparkEngine(spec.spark.master, spec.spark.settings)) as engine:
        yield engine
