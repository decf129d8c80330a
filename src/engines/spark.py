"""Many machines: Spark brings bucket numbers to the same functions, and what they made of them back."""

from __future__ import annotations

import pickle
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from ..errors import LimnerError, RefusedError
from .local import in_order

__all__ = ["SparkEngine"]

T = TypeVar("T")
Settings = Mapping[str, str | int | float | bool]

_QUIET = Path(__file__).with_name("log4j2.properties").as_uri()
_SETTINGS: Settings = {
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_QUIET}",
    "spark.driver.maxResultSize": "0",  # a bucket bounds what comes back
    "spark.pyspark.python": sys.executable,
    "spark.sql.adaptive.enabled": False,
    "spark.sql.shuffle.partitions": 1,
    "spark.ui.enabled": False,
    "spark.ui.showConsoleProgress": False,
}
_PIECE = 2**24
"""Bytes of a row: Arrow and the JVM bear no row of 2 GB."""

_ERROR = re.compile(r"[\w.$]*(Error|Exception)\b")


class SparkEngine:
    """A cluster whose machines share the store's folder with this one.

    Only the number of a bucket and the function travel there; the function reads the store where it runs. The session
    is the one that is active already, or is made for the first bucket and stopped by `close`.
    """

    def __init__(self, master: str, settings: Settings | None = None) -> None:
        self.master = master
        self.settings = {**_SETTINGS, **(settings or {})}
        self._session: Any = None
        self._is_ours = False
        self._on_interrupt = signal.getsignal(signal.SIGINT)

    def each_bucket(self, n_buckets: int, work: Callable[[int], T]) -> Iterator[T]:
        """What `work` makes of each bucket, in bucket order, computed ahead by as many buckets as there are cores.

        Raises:
            LimnerError: what `work` raised, as it raised it.
            RefusedError: pyspark is not installed, or the cluster could not be reached or gave up.
        """
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        session = self._opened()
        with ThreadPoolExecutor(max(n_buckets, 1)) as pool:
            yield from in_order(
                pool,
                n_buckets,
                lambda bucket: self._computed(session, work, bucket),
                lambda: int(session.sparkContext.defaultParallelism),
            )

    def close(self) -> None:
        """Stop the session, where it was made here, and take back the interrupt, by which Spark cancels jobs."""
        if self._is_ours:
            self._session.stop()
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, self._on_interrupt)
        self._session, self._is_ours = None, False

    def _opened(self) -> Any:
        if self._session is None:
            self._session, self._is_ours = self._found()
        return self._session

    def _found(self) -> tuple[Any, bool]:
        """A session, and whether it was made here."""
        try:
            from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, and slow to import
        except ImportError:
            raise RefusedError(
                "engine.spark: pyspark is not installed; run: pip install 'limner[spark]', or leave `engine` out"
            ) from None
        active = SparkSession.getActiveSession()
        if active is not None:
            return active, False
        builder = SparkSession.builder.master(self.master).appName("limner")
        for name, value in self.settings.items():
            builder = builder.config(name, value)
        made = self._asked("start a session", builder.getOrCreate)
        made.sparkContext.pythonExec = str(self.settings["spark.pyspark.python"])
        return made, True

    def _computed(self, session: Any, work: Callable[[int], T], bucket: int) -> T:
        """A job of one task; Spark repeats it elsewhere when its machine is lost."""
        table = self._asked(
            f"compute bucket {bucket}",
            lambda: session.range(bucket, bucket + 1, 1, 1).mapInArrow(_pickling(work), "piece binary").toArrow(),
        )
        written = b"".join(table["piece"].to_pylist())
        found: tuple[T, LimnerError | None] = pickle.loads(written)  # noqa: S301 - by our own function, on our cluster
        result, refusal = found
        if refusal is not None:
            raise refusal
        return result

    def _asked(self, what: str, call: Callable[[], T]) -> T:
        from py4j.protocol import Py4JError  # noqa: PLC0415 - comes with pyspark
        from pyspark.errors import PySparkException  # noqa: PLC0415

        try:
            return call()
        except (Py4JError, PySparkException) as error:
            raise RefusedError(
                f"engine.spark: {self.master} could not {what}: {_reason(error)}; "
                "mend the cluster or its settings, or leave `engine` out to work on this machine"
            ) from error


def _pickling(work: Callable[[int], Any]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function over batches of bucket numbers; what Limner refuses comes back as a result, for none repeats it."""

    def over(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for bucket in (number for batch in batches for number in batch.column(0).to_pylist()):
            try:
                found = pickle.dumps((work(bucket), None), protocol=5)
            except LimnerError as error:
                found = pickle.dumps((None, error), protocol=5)
            for start in range(0, len(found), _PIECE):
                yield pa.record_batch({"piece": pa.array([found[start : start + _PIECE]], pa.binary())})

    return over


def _reason(error: Exception) -> str:
    """The error itself, without the steps that a Java trace or a traceback tells after it or before it."""
    lines = [line.strip(" :\t") for line in str(error).splitlines()]
    errors = [line for line in lines if _ERROR.match(line)]
    return errors[-1] if errors else lines[0]
