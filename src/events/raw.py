"""A file as rows: typed where the file is, text where it is not, each row with its number."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import duckdb

from ..engines.duck import literal, quoted
from ..errors import SourceError
from .files import Format, SourceFile

__all__ = ["RawFile", "open_raw"]

_DELIMITERS = ",;\t|"
_LINES = "columns = {'line': 'VARCHAR'}, header = false, delim = '\\x01', quote = '', escape = '', auto_detect = false"


@dataclass(frozen=True)
class RawFile:
    """What SQL knows of an opened file: the view `raw` with a column `:row`, and the DuckDB type of each column.

    `rejected` is a query of (row, reason, record) for lines that are no rows at all; null where there can be none.
    """

    types: Mapping[str, str]
    rejected: str | None


def open_raw(con: duckdb.DuckDBPyConnection, where: str, file: SourceFile, columns: Sequence[str]) -> RawFile:
    """The file as the view `raw`.

    Args:
        columns: those that the source needs.

    Raises:
        SourceError: the file cannot be read, or lacks a column; all missing ones are named.
    """
    try:
        opened = _OPENERS[file.format](con, file, columns)
    except (duckdb.Error, UnicodeDecodeError, csv.Error) as error:
        first = str(error).splitlines()[0]
        raise SourceError(f"{where}: {file.shown} cannot be read as {file.format}: {first}") from error
    missing = [column for column in columns if column not in opened.types]
    if missing:
        raise SourceError("\n".join(_missing(where, file, column, opened.types) for column in missing))
    return opened


def _open_parquet(con: duckdb.DuckDBPyConnection, file: SourceFile, columns: Sequence[str]) -> RawFile:
    read = f"read_parquet({literal(str(file.path))}, file_row_number = true)"
    con.execute(
        f'CREATE OR REPLACE TEMP VIEW raw AS SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS ":row" FROM {read}'
    )
    return RawFile(_types(con), None)


def _open_csv(con: duckdb.DuckDBPyConnection, file: SourceFile, columns: Sequence[str]) -> RawFile:
    with file.path.open(newline="", encoding="utf-8-sig") as text:
        first = text.readline()
    delimiter = max(_DELIMITERS, key=first.count)
    header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter))]
    typed = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    options = "header = true, auto_detect = false, quote = '\"', escape = '\"', store_rejects = true"
    read = f"read_csv({literal(str(file.path))}, columns = {{{typed}}}, delim = {literal(delimiter)}, {options})"
    con.execute(f'CREATE OR REPLACE TEMP TABLE raw_rows AS SELECT *, row_number() OVER () + 1 AS ":row" FROM {read}')
    con.execute("CREATE OR REPLACE TEMP VIEW raw AS SELECT * FROM raw_rows")
    rejected = "SELECT line AS row, 'the line is malformed: ' || lower(error_type::VARCHAR) AS reason, csv_line AS record FROM reject_errors"
    return RawFile(_types(con), rejected)


def _open_jsonl(con: duckdb.DuckDBPyConnection, file: SourceFile, columns: Sequence[str]) -> RawFile:
    lines = f"SELECT line, row_number() OVER () AS number FROM read_csv({literal(str(file.path))}, {_LINES})"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE raw_lines AS SELECT *, json_valid(line) AND line LIKE '{{%' AS is_row FROM ({lines})"
    )
    found = con.sql("SELECT DISTINCT unnest(json_keys(line)) FROM raw_lines WHERE is_row").fetchall()
    wanted = [column for column in columns if (column,) in found]
    extracted = ", ".join(f"json_extract_string(line, {literal(_pointer(name))}) AS {quoted(name)}" for name in wanted)
    con.execute(
        f'CREATE OR REPLACE TEMP VIEW raw AS SELECT {extracted or "NULL"}, number AS ":row" FROM raw_lines WHERE is_row'
    )
    rejected = (
        "SELECT number AS row, 'the line is no JSON object' AS reason, line AS record FROM raw_lines "
        "WHERE NOT coalesce(is_row, false) AND trim(coalesce(line, '')) != ''"
    )
    return RawFile({**dict.fromkeys((key for (key,) in found), "VARCHAR"), **_types(con)}, rejected)


_OPENERS: dict[Format, Callable[[duckdb.DuckDBPyConnection, SourceFile, Sequence[str]], RawFile]] = {
    "parquet": _open_parquet,
    "csv": _open_csv,
    "jsonl": _open_jsonl,
}


def _types(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    relation = con.sql("SELECT * FROM raw")
    return {name: str(type_) for name, type_ in zip(relation.columns, relation.types, strict=True) if name != ":row"}


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _missing(where: str, file: SourceFile, column: str, types: Mapping[str, str]) -> str:
    near = get_close_matches(column, types, n=1)
    guess = f"; did you mean {near[0]}?" if near else ""
    return f"{where}: {file.shown} has no column {column}; it has: {', '.join(types)}{guess}"
