"""Lines of text files: the header, JSON lines, and where in its file each record of a CSV stands."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import duckdb
import numpy as np
import pyarrow as pa

__all__ = ["header_of", "json_lines", "number_records"]

_DELIMITERS = ",;\t|"
_BATCH = 50_000
_LONG_NUMBER = re.compile(r"[0-9][0-9.]{16}")
_LINES = pa.schema([("number", pa.int64()), ("line", pa.string()), ("wrong", pa.string())])


def header_of(path: Path, wanted: Collection[str]) -> tuple[list[str], str]:
    """The column names of a CSV file, and what stands between them: comma, semicolon, tab or bar.

    It is the one that gives most of the wanted columns, and of those most columns.

    Raises:
        ValueError: the header is no UTF-8 text.
    """
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as text:
        read = {delimiter: _first_record(text, delimiter) for delimiter in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda one: (len(set(wanted).intersection(read[one])), len(read[one])))
    names = read[delimiter]
    if not all(name.isprintable() or name.isascii() for name in names):
        raise ValueError("its header is not UTF-8 text; save the file as UTF-8")
    if not any(names):
        raise ValueError("its first line names no columns")
    return names, delimiter


def _first_record(text: TextIO, delimiter: str) -> list[str]:
    text.seek(0)
    return [name.strip() for name in next(csv.reader(text, delimiter=delimiter), [])]


def json_lines(path: Path) -> pa.RecordBatchReader:
    """The lines that are not blank, with their number and what is wrong with them, if anything."""
    return pa.RecordBatchReader.from_batches(_LINES, _batches(path))


def number_records(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make two tables of the CSV file just read into `raw_rows`, whose rejects DuckDB has kept.

    `numbers` (place, line): the line on which the row at that place begins, where that is not `place + 1`.
    `rejected_lines` (row, reason, record): the lines that are no rows at all.
    """
    ((rows,), (rejects,)) = con.sql(
        "SELECT count(*) FROM raw_rows UNION ALL SELECT count(DISTINCT line) FROM reject_errors"
    ).fetchall()
    records = _records(path)
    if rejects == 0 and len(records) == rows + 1 and records[-1][0] == rows + 1:
        records = []
    read = {
        "record": np.arange(1, len(records) + 1),
        "line": np.array([line for line, _ in records], np.int64),
        "blank": np.array([is_blank for _, is_blank in records], np.bool_),
    }
    con.register("records_read", read)
    con.execute("""
        CREATE OR REPLACE TEMP TABLE rejected_lines AS
        SELECT CAST(coalesce(any_value(found.line), reject_errors.line) AS BIGINT) AS row,
               'the line is malformed: ' || lower(min(error_type::VARCHAR)) AS reason,
               ltrim(any_value(csv_line), chr(10) || chr(13)) AS record
        FROM reject_errors LEFT JOIN records_read AS found ON found.record = reject_errors.line
        GROUP BY reject_errors.line
    """)
    con.execute("""
        CREATE OR REPLACE TEMP TABLE numbers AS
        SELECT line, row_number() OVER (ORDER BY record) AS place FROM records_read
        WHERE NOT blank AND record > 1 AND record NOT IN (SELECT line FROM reject_errors)
    """)
    con.unregister("records_read")


def _records(path: Path) -> list[tuple[int, bool]]:
    """For each record of a CSV file the line it begins on, and whether it is blank; quotes may span lines."""
    found, inside = [], False
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not inside:
                found.append((number, not line.strip(b"\r\n")))
            inside ^= line.count(b'"') % 2 == 1
    return found


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with path.open("rb") as file:
        numbered = enumerate(file, 1)
        while part := list(islice(numbered, _BATCH)):
            lines = [(number, *_line(line, number)) for number, line in part if line.strip(b" \t\r\n\xef\xbb\xbf")]
            arrays = [list(column) for column in zip(*lines, strict=True)] or [[], [], []]
            yield pa.record_batch([pa.array(a, t) for a, t in zip(arrays, _LINES.types, strict=True)], schema=_LINES)


def _line(line: bytes, number: int) -> tuple[str, str | None]:
    """The line as text, and what is wrong with it."""
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError:
        return line.decode(errors="replace").strip(), "the line is not UTF-8 text"
    return (_exact(text) if _LONG_NUMBER.search(text) else text), None


def _exact(text: str) -> str:
    """The line with its numbers as texts, since a reader would keep but 17 digits of a long one."""
    try:
        return json.dumps(json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=_first_of_equals))
    except (ValueError, RecursionError):
        return text


def _first_of_equals(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return dict(reversed(pairs))
