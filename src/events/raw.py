"""A file as rows: typed where the file is, text where it is not, each row with its number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ..engines.duck import literal
from ..errors import SourceError
from .files import Format, SourceFile
from .lines import header_of, json_lines, number_records

__all__ = ["RawColumn", "RawFile", "open_raw", "refusing"]

_SHOWN_COLUMNS = 30
_TIMES = ("TIMESTAMP", "DATE", "VARCHAR", '"NULL"')
_UNREADABLE = ("STRUCT", "MAP", "UNION", "BLOB", "BIT", "VARIANT", "GEOMETRY")


@dataclass(frozen=True)
class RawColumn:
    """A column of an opened file: its name there, what `raw` calls it, and its DuckDB type."""

    name: str
    sql: str
    type: str


@dataclass(frozen=True)
class RawFile:
    """What SQL knows of an opened file: the view `raw`, which has a column `:row`, and the file's columns.

    `raw` names columns by their place, so that no name in a file can stand in the way of another.
    `record` is SQL of a whole row as JSON; `rejected` a query of (row, reason, record) for lines that are no
    rows at all, null where there can be none.
    """

    columns: Mapping[str, RawColumn]
    record: str
    rejected: str | None = None


def open_raw(con: duckdb.DuckDBPyConnection, where: str, file: SourceFile, columns: Mapping[str, str]) -> RawFile:
    """The file as the view `raw`.

    Args:
        columns: those that the source needs, and what each is: a time or a value.

    Raises:
        SourceError: the file cannot be read, or lacks a column or has it twice; all such columns are named.
    """
    with refusing(where, file):
        opened = _OPENERS[file.format](con, file, columns)
    wrong = [sentence for column in columns if (sentence := _wrong(column, columns[column], opened.columns))]
    if wrong:
        raise SourceError("\n".join(f"{where}: {file.shown} {sentence}" for sentence in wrong))
    return opened


_NO_ROOM = ("No space left on device", "File too large", "Disk quota exceeded", "failed to offload data block")
"""How DuckDB and the system say that it is not the file's fault."""


@contextmanager
def refusing(where: str, file: SourceFile) -> Iterator[None]:
    """Turn whatever goes wrong while the file is read into a sentence that names it."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError, ValueError) as error:
        if any(sign in str(error) for sign in _NO_ROOM):
            raise OSError(f"{where}: no room to work on {file.shown}: {str(error).splitlines()[0]}") from error
        first = (str(error).splitlines() or [type(error).__name__])[0].removeprefix("Invalid Input Error: ")
        if "state machine" in first:
            first = "its lines end in more than one way, or its quotes do; save it again with one kind of line end"
        raise SourceError(f"{where}: {file.shown} cannot be read as {file.format}: {first}") from error


def _open_parquet(con: duckdb.DuckDBPyConnection, file: SourceFile, columns: Collection[str]) -> RawFile:
    names = pq.read_schema(file.path).names
    places = [f"c{place}" for place in range(len(names))]
    options, number = "hive_partitioning = false", "row_number() OVER ()"
    if "file_row_number" not in (name.lower() for name in names):
        options, number = f"{options}, file_row_number = true", '":number" + 1'
        places.append('":number"')
    read = f"read_parquet({literal(str(file.path))}, {options}) AS file({', '.join(places)})"
    chosen = ", ".join(places[: len(names)])
    con.execute(f'CREATE OR REPLACE TEMP VIEW raw AS SELECT {chosen}, {number} AS ":row" FROM {read}')
    types = [str(type_) for type_ in con.sql("SELECT * FROM raw").types]
    found = [RawColumn(name, f"c{place}", types[place]) for place, name in enumerate(names)]
    return RawFile(_once(found), _as_json(found))


def _open_csv(con: duckdb.DuckDBPyConnection, file: SourceFile, columns: Collection[str]) -> RawFile:
    names, delimiter = header_of(file.path, columns)
    found = [RawColumn(name, f"c{place}", "VARCHAR") for place, name in enumerate(names)]
    typed = ", ".join(f"{column.sql}: 'VARCHAR'" for column in found)
    con.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    options = "header = true, auto_detect = false, quote = '\"', escape = '\"', store_rejects = true"
    read = f"read_csv({literal(str(file.path))}, columns = {{{typed}}}, delim = {literal(delimiter)}, {options})"
    con.execute(f'CREATE OR REPLACE TEMP TABLE raw_rows AS SELECT *, row_number() OVER () AS ":place" FROM {read}')
    number_records(con, file.path)
    con.execute("""
        CREATE OR REPLACE TEMP VIEW raw AS
        SELECT raw_rows.*, coalesce(numbers.line, ":place" + 1) AS ":row"
        FROM raw_rows LEFT JOIN numbers ON numbers.place = ":place"
    """)
    return RawFile(_once(found), _as_json(found), "SELECT row, reason, record FROM rejected_lines")


def _open_jsonl(con: duckdb.DuckDBPyConnection, file: SourceFile, columns: Collection[str]) -> RawFile:
    lines = json_lines(file.path)
    con.register("lines_read", lines)
    con.execute("""
        CREATE OR REPLACE TEMP TABLE raw_lines AS
        SELECT *, wrong IS NULL AND CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END AS is_row
        FROM lines_read
    """)
    con.unregister("lines_read")
    keys = con.sql("SELECT DISTINCT unnest(json_keys(line)) AS key FROM raw_lines WHERE is_row ORDER BY key").fetchall()
    known = [name for (name,) in keys]
    found = [RawColumn(name, f"c{place}", "VARCHAR") for place, name in enumerate(known)]
    wanted = [column for column in found if column.name in columns]
    values = "".join(f", json_extract_string(line, {_pointer(one)}) AS {one.sql}" for one in wanted)
    nested = " ".join(
        f"WHEN json_type(line, {_pointer(one)}) IN ('OBJECT', 'ARRAY') THEN {literal(one.name + ' is nested')}"
        for one in wanted
    )
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE raw_objects AS
        SELECT number, line{values}, {f"CASE {nested} END" if nested else "NULL"} AS nested FROM raw_lines WHERE is_row
    """)
    con.execute("""
        CREATE OR REPLACE TEMP VIEW raw AS
        SELECT *, number AS ":row", line AS ":line" FROM raw_objects WHERE nested IS NULL
    """)
    rejected = """
        SELECT number AS row, coalesce(wrong, 'the line is no JSON object') AS reason, line AS record FROM raw_lines
        WHERE NOT is_row
        UNION ALL SELECT number, nested, line FROM raw_objects WHERE nested IS NOT NULL
    """
    return RawFile(_once(found), '":line"', rejected)


_OPENERS: dict[Format, Callable[[duckdb.DuckDBPyConnection, SourceFile, Collection[str]], RawFile]] = {
    "parquet": _open_parquet,
    "csv": _open_csv,
    "jsonl": _open_jsonl,
}


def _once(found: Sequence[RawColumn]) -> dict[str, RawColumn]:
    """The columns by name; one that is there twice has the type TWICE, since nobody knows which is meant."""
    names = [column.name for column in found]
    return {
        column.name: column if names.count(column.name) == 1 else RawColumn(column.name, column.sql, "TWICE")
        for column in found
    }


def _as_json(found: Sequence[RawColumn]) -> str:
    pairs = ", ".join(f"{literal(column.name)}, CAST({column.sql} AS VARCHAR)" for column in found)
    return f"CAST(json_object({pairs}) AS VARCHAR)"


def _pointer(column: RawColumn) -> str:
    return literal("/" + column.name.replace("~", "~0").replace("/", "~1"))


def _wrong(column: str, role: str, found: Mapping[str, RawColumn]) -> str | None:
    if column not in found:
        near = get_close_matches(column, found, n=1)
        folded = [name for name in found if name.casefold() == column.casefold()]
        guess = "".join(f"; did you mean {name}?" for name in (folded or near)[:1])
        listed = ", ".join([*list(found)[:_SHOWN_COLUMNS], *(["…"] if len(found) > _SHOWN_COLUMNS else [])])
        return f"has no column {column}; it has: {listed or 'none'}{guess}"
    type_ = found[column].type
    if type_ == "TWICE":
        return f"has the column {column} twice; name the one that is meant otherwise"
    if type_.startswith(_UNREADABLE) or type_.endswith("]"):
        return f"has {type_} in the column {column}; allowed: texts, numbers, flags, dates and timestamps"
    if role == "time" and not type_.startswith(_TIMES):
        return f"has {type_} in the column {column}; allowed for a time: timestamps, dates and ISO 8601 texts"
    return None
