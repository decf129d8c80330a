"""CSV and Parquet files that hold the whole audience, replaced in one step."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EISDIR
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from ...errors import SinkError, UsageError
from ...exits import told_by_the_system
from .protocol import Parcel

__all__ = ["CsvSink", "ParquetSink", "is_csv", "waiting", "write_csv", "write_parquet"]

_FORMULA = r"^'*[=+\-@\t\r\n＝＋－＠]"
_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)$"
_BOM = "\ufeff".encode()


class CsvSink:
    """A CSV file for each audience."""

    rows_at_once = None

    def __init__(self, path: Path, *, bom: bool = False) -> None:
        self._path = path
        self._bom = bom

    def put(self, parcel: Parcel) -> None:
        """Replace the audience's file by one with all its members."""
        write_csv(placed(self._path, parcel.audience), parcel.members, bom=self._bom)


class ParquetSink:
    """A Parquet file for each audience."""

    rows_at_once = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, parcel: Parcel) -> None:
        """Replace the audience's file by one with all its members."""
        write_parquet(placed(self._path, parcel.audience), parcel.members)


def is_csv(path: Path) -> bool:
    """Whether the file's name asks for CSV; else it asks for Parquet.

    Raises:
        UsageError: it asks for neither.
    """
    kinds = {".csv": True, ".parquet": False}
    if path.suffix.lower() not in kinds:
        raise UsageError(f"{path}: is neither a .csv nor a .parquet file; name one that is")
    return kinds[path.suffix.lower()]


def placed(path: Path, audience: str) -> Path:
    """The path with the audience's name in its place."""
    return Path(str(path).replace("{audience}", audience))


def write_csv(path: Path, rows: pa.Table, *, bom: bool = False) -> None:
    """Put the rows into a CSV file in which no spreadsheet finds a formula, in one step.

    Raises:
        SinkError: the file cannot be written; what was there before is as it was.
    """
    _replace(path, lambda file: _csv(file, rows, bom=bom))


def write_parquet(path: Path, rows: pa.Table) -> None:
    """Put the rows into a Parquet file, in one step.

    Raises:
        SinkError: the file cannot be written; what was there before is as it was.
    """
    _replace(path, lambda file: _parquet(file, rows))


@contextmanager
def waiting(path: Path, rows: pa.Table) -> Iterator[None]:
    """The rows in a file beside the path, CSV or Parquet by its name, which is put there once the block has ended well.

    Raises:
        SinkError: the file cannot be written; what was there before is as it was.
    """
    write = _csv if is_csv(path) else _parquet
    with _waiting(path, lambda file: write(file, rows)):
        yield


def _csv(file: BinaryIO, rows: pa.Table, *, bom: bool = False) -> None:
    file.write(_BOM if bom else b"")
    with pyarrow.csv.CSVWriter(file, rows.schema) as writer:
        for batch in rows.to_batches(max_chunksize=65_536):
            writer.write_batch(_harmless(batch))


def _parquet(file: BinaryIO, rows: pa.Table) -> None:
    pq.write_table(rows, file, compression="zstd")


def _harmless(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows, in which a text that a spreadsheet would take for a formula begins with a quote; numbers stay."""
    columns = [_quoted(one) if pa.types.is_string(one.type) else one for one in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _quoted(texts: pa.Array) -> pa.Array:
    is_formula = pc.and_not(pc.match_substring_regex(texts, _FORMULA), pc.match_substring_regex(texts, _NUMBER))
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)


def _replace(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Put a fresh file in the place of the other."""
    with _waiting(path, write):
        pass


@contextmanager
def _waiting(path: Path, write: Callable[[BinaryIO], None]) -> Iterator[None]:
    """A fresh file on the disk, which takes the place of the other once the block has ended well."""
    fresh = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with _telling(path):
            if path.is_dir():
                raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
            path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        yield
        with _telling(path):
            fresh.replace(path)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """What the system says told of the path."""
    try:
        yield
    except OSError as error:
        raise SinkError(f"{path}: cannot be written: {told_by_the_system(error)}") from error
