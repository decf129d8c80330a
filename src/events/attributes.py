"""Facts about users: tables that are replaced as a whole when their files change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import duckdb
import pyarrow as pa

from ..engines.duck import connect, literal, quoted
from ..engines.store import NewFile, Store
from .checked import Checked, category, flag, key, number
from .files import SourceFile
from .log import Property
from .merge import bucket_of
from .raw import open_raw
from .spec import AttributeSpec, AttributesSpec
from .staging import Staged, stage_file
from .times import TimeColumn, placed, register_zone

__all__ = ["attribute_types", "commit_attributes", "contents", "read_attributes", "stage_attributes"]

_ORDER = "user_id, valid_from NULLS FIRST"


def attribute_types(spec: AttributesSpec) -> dict[str, Property]:
    """The type of each column of an attribute table."""
    kept = {
        name: one if isinstance(one, AttributeSpec) else AttributeSpec(type=one) for name, one in spec.columns.items()
    }
    return {name: Property(one.type, one.decimals if one.type == "number" else 0) for name, one in kept.items()}


def contents(spec: AttributesSpec, files: Sequence[SourceFile]) -> str:
    """A hash of the files' contents and of how they are read: the table is replaced when it changes."""
    return sha256("".join([spec.model_dump_json(), *(file.content for file in files)]).encode()).hexdigest()


def stage_attributes(
    con: duckdb.DuckDBPyConnection,
    name: str,
    spec: AttributesSpec,
    files: Sequence[SourceFile],
    latest: str,
    folder: Path,
) -> Staged:
    """The rows of all files of the table, checked.

    Raises:
        SourceError: a file cannot be read, or lacks a column.
    """
    staged = Staged(f"attributes.{name}")
    columns = [spec.user_id, *([spec.valid_from] if spec.valid_from else []), *spec.columns]
    register_zone(con, spec.timezone)
    for file in files:
        raw = open_raw(con, staged.name, file, columns)
        stage_file(con, staged, file, _query(staged.name, spec, raw.types, latest), raw, folder)
    return staged


def commit_attributes(
    con: duckdb.DuckDBPyConnection, store: Store, name: str, spec: AttributesSpec, staged: Staged, buckets: int
) -> int:
    """The table's new version, with the staged rows instead of all it had.

    Of rows with the same user and date the last one of the last file is kept.
    """
    table, types = _stored(name), attribute_types(spec)
    read = f"read_parquet([{', '.join(literal(str(path)) for path in staged.good)}], filename = true, file_row_number = true)"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE facts AS
        SELECT * EXCLUDE (filename, file_row_number, source), {bucket_of(buckets)} AS bucket FROM {read}
        QUALIFY row_number() OVER (PARTITION BY user_id, valid_from ORDER BY filename DESC, file_row_number DESC) = 1
    """)
    fields = [
        ("user_id", pa.string()),
        ("valid_from", pa.timestamp("us")),
        *((n, one.arrow) for n, one in types.items()),
    ]
    schema = pa.schema([*fields, ("bucket", pa.int32())])
    return store.commit(table, schema, ["bucket"], list(_written(con, store, table, buckets)), lambda _: True)


def read_attributes(store: Store, name: str, bucket: int) -> pa.Table:
    """The bucket's rows of an attribute table, sorted by user and date; undated ones have a null `valid_from`."""
    files = ", ".join(literal(path) for path in store.files(_stored(name), bucket=str(bucket)))
    if not files:
        return pa.table({"user_id": pa.array([], pa.string()), "valid_from": pa.array([], pa.timestamp("us"))})
    read = f"read_parquet([{files}], hive_partitioning = false)"
    return connect(threads=1).sql(f"SELECT * FROM {read} ORDER BY {_ORDER}").to_arrow_table()


def _stored(name: str) -> str:
    return f"attributes_{name}"


def _query(source: str, spec: AttributesSpec, types: Mapping[str, str], latest: str) -> str:
    checked = {"user_id": key(spec.user_id, types[spec.user_id]), **dict(_columns(spec, types))}
    dated = spec.valid_from is not None
    time = TimeColumn(
        "valid_from", spec.valid_from or "", types.get(spec.valid_from or "", ""), spec.known, required=True
    )
    values = ", ".join(f"{one.value} AS {quoted(name)}" for name, one in checked.items())
    reasons = [one.reason for one in checked.values()] + (['"valid_from:reason"'] if dated else [])
    valid_from = 'valid_from, "valid_from:odd"' if dated else "CAST(NULL AS TIMESTAMP) AS valid_from"
    return f"""
        SELECT ":row", {values}, {valid_from}, {literal(source)} AS source,
               nullif(concat_ws('; ', {", ".join(reasons)}), '') AS ":reason"
        FROM ({placed("raw", [time] if dated else [], latest)})
    """


def _columns(spec: AttributesSpec, types: Mapping[str, str]) -> Iterator[tuple[str, Checked]]:
    for name, one in attribute_types(spec).items():
        if one.type == "number":
            yield name, number(name, one.decimals, rounds=False)
        else:
            yield name, flag(name) if one.type == "flag" else category(name, types[name])


def _written(con: duckdb.DuckDBPyConnection, store: Store, table: str, buckets: int) -> Iterator[NewFile]:
    for bucket in range(buckets):
        partition = {"bucket": str(bucket)}
        path = store.stage(table, partition)
        rows = f"SELECT * EXCLUDE (bucket) FROM facts WHERE bucket = {bucket} ORDER BY {_ORDER}"
        con.execute(f"COPY ({rows}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
        (count,) = con.sql(f"SELECT count(*) FROM facts WHERE bucket = {bucket}").fetchall()[0]
        yield NewFile(path, partition, count)
