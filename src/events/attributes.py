"""Facts about users: tables that are replaced as a whole when their files change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

import duckdb
import pyarrow as pa

from ..engines.delta import NewFile
from ..engines.duck import literal, quoted, read_parquet, reading
from ..engines.store import Store
from .checked import Checked, category, computed, flag, key, number, refusal
from .files import SourceFile
from .log import Property
from .names import refuse_alike
from .raw import RawColumn, open_raw
from .spec import AttributeSpec, AttributesSpec
from .staging import GOOD, Staged, Staging, Unread, bucket_of, stage_file
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
    staging: Staging,
) -> Staged:
    """The rows of all files of the table, checked.

    Raises:
        SourceError: a file cannot be read, or lacks a column.
        SpecError: a column bears the name of another one of the table.
    """
    where = f"attributes.{name}"
    refuse_alike(f"{where}.columns", spec.columns, ("user_id", "valid_from", "bucket"))
    columns = dict.fromkeys((spec.user_id, *spec.columns), "value")
    columns |= {spec.valid_from: "time"} if spec.valid_from else {}
    register_zone(con, spec.timezone)
    staged = []
    for place, file in enumerate(files):
        raw = open_raw(con, where, file, columns)
        query = _query(spec, raw.columns, latest)
        staged.append(stage_file(con, Unread(where, place, file), query, raw, staging))
    return Staged.of(where, staged)


def commit_attributes(
    con: duckdb.DuckDBPyConnection, store: Store, name: str, spec: AttributesSpec, staged: Staged, buckets: int
) -> int:
    """The table's new version, with the staged rows instead of all it had.

    Of rows with the same user and date the last one of the last file is kept.
    """
    table, types = _stored(name), attribute_types(spec)
    columns = ", ".join(quoted(column) for column in ("user_id", "valid_from", *types))
    paths = [path for file in staged.files for path in file.files]
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE facts AS
        SELECT {columns}, {bucket_of(buckets)} AS ":bucket" FROM {read_parquet(paths)} WHERE {GOOD}
        QUALIFY row_number() OVER (PARTITION BY user_id, valid_from ORDER BY ":place" DESC, ":row" DESC) = 1
    """)
    fields = [
        ("user_id", pa.string()),
        ("valid_from", pa.timestamp("us")),
        *((n, one.arrow) for n, one in types.items()),
    ]
    schema = pa.schema([*fields, ("bucket", pa.int32())])
    return store.commit(table, schema, ["bucket"], list(_written(con, store, table, buckets)), remove=None)


def read_attributes(store: Store, name: str, bucket: int) -> pa.Table:
    """The bucket's rows of an attribute table, sorted by user and date; undated ones have a null `valid_from`."""
    files = store.files(_stored(name), bucket=str(bucket))
    if not files:
        return pa.table({"user_id": pa.array([], pa.string()), "valid_from": pa.array([], pa.timestamp("us"))})
    return reading().sql(f"SELECT * FROM {read_parquet(files)} ORDER BY {_ORDER}").to_arrow_table()


def _stored(name: str) -> str:
    return f"attributes_{name}"


def _query(spec: AttributesSpec, columns: Mapping[str, RawColumn], latest: str) -> str:
    computing, checked = computed({"user_id": key(columns[spec.user_id]), **dict(_columns(spec, columns))})
    values = ", ".join(f"{one.value} AS {quoted(name)}" for name, one in checked.items())
    times = (
        [TimeColumn("valid_from", columns[spec.valid_from], spec.known, True, spec.timezone)] if spec.valid_from else []
    )
    valid_from = 'valid_from, "valid_from:odd"' if times else "CAST(NULL AS TIMESTAMP) AS valid_from"
    kind, reason = refusal([*checked.values(), *(time.checked for time in times)])
    return f"""
        SELECT ":row", {values}, {valid_from}, {kind} AS ":kind", {reason} AS ":reason"
        FROM (SELECT *, {computing} FROM ({placed("raw", times, latest)}))
    """


def _columns(spec: AttributesSpec, columns: Mapping[str, RawColumn]) -> Iterator[tuple[str, Checked]]:
    for name, one in attribute_types(spec).items():
        if one.type == "number":
            yield name, number(columns[name], one.decimals, rounds=False)
        else:
            yield name, flag(columns[name]) if one.type == "flag" else category(columns[name])


def _written(con: duckdb.DuckDBPyConnection, store: Store, table: str, buckets: int) -> Iterator[NewFile]:
    for bucket in range(buckets):
        partition = {"bucket": str(bucket)}
        path = store.stage(table, partition)
        rows = f'SELECT * EXCLUDE (":bucket") FROM facts WHERE ":bucket" = {bucket} ORDER BY {_ORDER}'
        con.execute(f"COPY ({rows}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
        (count,) = con.sql(f'SELECT count(*) FROM facts WHERE ":bucket" = {bucket}').fetchall()[0]
        yield NewFile(path, partition, count)
