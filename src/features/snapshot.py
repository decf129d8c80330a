"""The stored form of a dataset, so that a model can be traced to the very rows it learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ..engines.delta import NewFile
from ..engines.store import Store
from ..errors import UsageError
from ..timeline import MICROS
from .dataset import Dataset
from .pace import Pace
from .plan import Plan

__all__ = ["from_arrow", "read_snapshot", "to_arrow", "write_snapshot"]

_TABLE = "snapshots"
_PARTITIONS = ("tag", "dataset")
_VECTOR = pa.list_(pa.float32())
_COLUMNS = {
    "user_id": pa.string(),
    "cutoff": pa.timestamp("us"),
    "label_end": pa.timestamp("us"),
    "label": pa.int8(),
    "trigger_id": pa.string(),
    "features": _VECTOR,
    "baseline": _VECTOR,
    "amount": pa.float64(),
}
_SCHEMA = pa.schema({"tag": pa.string(), "dataset": pa.string(), **_COLUMNS})


def to_arrow(dataset: Dataset) -> pa.Table:
    """The dataset as a table with one row per row, its vectors as lists in the order of their plans.

    The plans, which name the features, and the pace stand in the schema's metadata.
    """
    columns = [
        pa.array(dataset.users, pa.string()),
        pa.array(dataset.cutoffs * MICROS, pa.int64()).cast(pa.timestamp("us")),
        pa.array(dataset.label_ends * MICROS, pa.int64()).cast(pa.timestamp("us")),
        pa.array(dataset.labels, pa.int8()),
        pa.nulls(len(dataset), pa.string()) if dataset.trigger_ids is None else pa.array(dataset.trigger_ids),
        _lists(dataset.vectors),
        _lists(dataset.baseline_vectors),
        pa.nulls(len(dataset), pa.float64()) if dataset.amounts is None else pa.array(dataset.amounts),
    ]
    metadata = {"tag": dataset.tag, "plan": dataset.plan.to_json(), "baseline_plan": dataset.baseline_plan.to_json()}
    if dataset.pace is not None:
        metadata["pace"] = dataset.pace.to_json()
    return pa.table(dict(zip(_COLUMNS, columns, strict=True))).replace_schema_metadata(metadata)


def from_arrow(table: pa.Table) -> Dataset:
    """The dataset that `to_arrow` made the table of."""
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    at_triggers = table["trigger_id"].null_count == 0
    is_amount = "amount" in table.column_names and table["amount"].null_count == 0
    return Dataset(
        tag=metadata["tag"],
        plan=Plan.from_json(metadata["plan"]),
        vectors=_matrix(table["features"]),
        baseline_plan=Plan.from_json(metadata["baseline_plan"]),
        baseline_vectors=_matrix(table["baseline"]),
        users=_texts(table["user_id"]),
        cutoffs=_seconds(table["cutoff"]),
        label_ends=_seconds(table["label_end"]),
        labels=table["label"].to_numpy(),
        trigger_ids=_texts(table["trigger_id"]) if at_triggers else None,
        amounts=table["amount"].to_numpy() if is_amount else None,
        pace=Pace.from_json(metadata["pace"]) if "pace" in metadata else None,
    )


def write_snapshot(store: Store, dataset: Dataset) -> int:
    """The version of the table `snapshots` that holds the dataset, as the newest of its tag.

    Older ones stay in the table's history until a vacuum. A dataset that is stored already is not written again.
    Call it under the store's lock.
    """
    partition = {"tag": dataset.tag, "dataset": dataset.fingerprint}
    version = store.version(_TABLE)
    if version is not None and store.files(_TABLE, **partition):
        return version
    path = store.stage(_TABLE, partition)
    pq.write_table(to_arrow(dataset), path, compression="zstd")
    new = NewFile(path, partition, len(dataset))
    version = store.commit(_TABLE, _SCHEMA, _PARTITIONS, [new], lambda old: old["tag"] == dataset.tag)
    store.publish({_TABLE: version}, {})
    return version


def read_snapshot(store: Store, tag: str) -> Dataset:
    """The newest stored dataset of a tag.

    Raises:
        UsageError: none is stored.
    """
    files = store.files(_TABLE, tag=tag)
    if not files:
        raise UsageError(f"no dataset of {tag} is stored; training writes one: limner train {tag}")
    return from_arrow(pq.ParquetFile(files[0]).read())


def _lists(matrix: npt.NDArray[np.float32]) -> Any:
    flat = pa.array(np.ascontiguousarray(matrix).reshape(-1), pa.float32())
    return pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1])


def _matrix(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    flat = np.concatenate([chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks])
    return np.ascontiguousarray(flat, dtype=np.float32).reshape(len(column), -1)


def _seconds(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    seconds: npt.NDArray[np.int64] = column.cast(pa.int64()).to_numpy() // MICROS
    return seconds


def _texts(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    return np.array(column.to_pylist(), dtype=object)
