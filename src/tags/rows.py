"""The rows of the long table `tags`: what every tag writes on a user, and what each column means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal

import pyarrow as pa

__all__ = ["INSIDE", "PARTITIONS", "REASONS", "SCHEMA", "Kind", "Stamp", "content_hash", "partition_of", "tag_rows"]

Kind = Literal["predictive", "rule", "fact"]

_INSTANT = pa.timestamp("us")
_REASON = {
    "feature": pa.string(),
    "contribution": pa.float64(),
    "value": pa.float64(),
    "en": pa.string(),
    "zh": pa.string(),
}
REASONS = pa.list_(pa.struct(_REASON))
"""Why a score is what it is: at most three parts, the strongest first, each with its sign and in words."""

_COLUMNS = {
    "tag": (pa.string(), "name of the tag; a partition"),
    "as_of": (_INSTANT, "the instant, UTC, that the run pretended was now; a partition"),
    "user_id": (pa.string(), "who is tagged; at most once for each tag and as_of"),
    "kind": (pa.string(), "predictive, rule or fact"),
    "value": (pa.string(), "class of a rule, or a fact as text; null for predictions"),
    "score": (pa.float64(), "the model's margin: ranks users, higher is likelier; null but for predictions"),
    "probability": (pa.float64(), "calibrated chance of the outcome, 0 to 1; null but for predictions"),
    "percentile": (pa.float64(), "percent of the cohort that ranks no higher: 100 is best; predictions only"),
    "tier": (pa.string(), "named band of rank in the cohort; predictions only"),
    "trend": (pa.float64(), "change of the percentile since the run before; not computed yet, always null"),
    "reasons": (REASONS, "what moved the score most, signed, with words in English and Chinese; predictions only"),
    "eligible": (pa.bool_(), "whether the tag may be used for its purpose; true until consents are known"),
    "why_not": (pa.string(), "why it may not; null where eligible"),
    "holdout": (pa.bool_(), "whether the user is left alone to measure lift; not drawn yet, always null"),
    "model_version": (pa.string(), "version of the model that scored; predictions only"),
    "definition_hash": (pa.string(), "sha256 of the tag's definition in the project file"),
    "computed_at": (_INSTANT, "when the run started, UTC"),
    "valid_until": (_INSTANT, "from this instant on, UTC, the row must not be used"),
    "run_id": (pa.string(), "the run that wrote the row; its manifest is in runs/"),
    "backfilled": (pa.bool_(), "whether the model was trained on what happened after as_of"),
}

SCHEMA = pa.schema([pa.field(name, type_, metadata={"comment": note}) for name, (type_, note) in _COLUMNS.items()])
"""All columns of the table, partition columns included; each says what it means under `comment`."""

PARTITIONS = ("tag", "as_of")
"""Columns that stand in the names of folders and not inside the files."""

INSIDE = pa.schema([field for field in SCHEMA if field.name not in PARTITIONS])
"""The columns inside a file."""

_NOT_CONTENT = {"run_id", "computed_at"}


@dataclass(frozen=True)
class Stamp:
    """What all rows of one tag in one run have in common; instants are seconds."""

    tag: str
    kind: Kind
    as_of: int
    computed_at: int
    run_id: str
    definition_hash: str
    model_version: str | None = None
    backfilled: bool = False


def tag_rows(stamp: Stamp, columns: Mapping[str, Any]) -> pa.Table:
    """Rows in the schema `INSIDE`, sorted by user; what is not given is null.

    Args:
        columns: `user_id` and `valid_until` (n_rows,), the latter in seconds, and whatever else the tag knows.
    """
    n_rows = len(columns["user_id"])
    constant = {
        "kind": stamp.kind,
        "eligible": True,
        "model_version": stamp.model_version,
        "definition_hash": stamp.definition_hash,
        "computed_at": _moment(stamp.computed_at),
        "run_id": stamp.run_id,
        "backfilled": stamp.backfilled,
    }
    given = {**columns, "valid_until": _instants(columns["valid_until"])}
    arrays = []
    for field in INSIDE:
        if field.name in given:
            arrays.append(pa.array(given[field.name], field.type, from_pandas=True))
        else:
            arrays.append(pa.repeat(pa.scalar(constant.get(field.name), field.type), n_rows))
    return pa.Table.from_arrays(arrays, schema=INSIDE).sort_by("user_id")


def partition_of(tag: str, as_of: int) -> tuple[dict[str, str], dict[str, str]]:
    """The partition of a tag at an instant: as folders are named, and as the table knows it.

    >>> folders, values = partition_of("churn", 1514779281)
    >>> folders["as_of"], values["as_of"]
    ('20180101T040121Z', '2018-01-01 04:01:21')
    """
    moment = _moment(as_of)
    return {"tag": tag, "as_of": f"{moment:%Y%m%dT%H%M%SZ}"}, {"tag": tag, "as_of": f"{moment:%Y-%m-%d %H:%M:%S}"}


def content_hash(rows: pa.Table) -> str:
    """The sha256 of what the rows say, leaving out which run said it and when it ran.

    The same on every machine, in every time zone and with any number of threads.
    """
    digest = sha256()
    for name in rows.column_names:
        if name not in _NOT_CONTENT:
            for key, values in _plain(name, rows[name].combine_chunks()):
                digest.update(json.dumps([key, values], ensure_ascii=False, allow_nan=False).encode())
    return digest.hexdigest()


def _plain(name: str, column: Any) -> list[tuple[str, list[Any]]]:
    """The column as lists of plain values: instants as microseconds, reasons as one list for each part."""
    if pa.types.is_timestamp(column.type):
        return [(name, column.cast(pa.int64()).to_pylist())]
    if not pa.types.is_list(column.type):
        return [(name, column.to_pylist())]
    parts = column.flatten()
    counts = column.value_lengths().to_pylist()
    return [(name, counts), *((f"{name}.{part}", parts.field(part).to_pylist()) for part in _REASON)]


def _instants(seconds: Any) -> Any:
    return pa.array(seconds, pa.int64()).cast(pa.timestamp("s")).cast(_INSTANT)


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
