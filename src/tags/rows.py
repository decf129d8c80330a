"""The rows of the long table `tags`: what every tag writes on a user, and what each column means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from .holdout import Draw, held_out

__all__ = ["INSIDE", "PARTITIONS", "REASONS", "SCHEMA", "Kind", "Stamp", "instants", "partition_of", "tag_rows"]

Kind = Literal["predictive", "value", "rule", "fact"]
"""What rows are: `predictive` ones tell a chance, those of kind `value` an amount."""

_INSTANT = pa.timestamp("us")
_REASON = {
    "feature": pa.string(),
    "contribution": pa.float64(),
    "value": pa.float64(),
    "direction": pa.string(),
    "en": pa.string(),
    "zh": pa.string(),
}
REASONS = pa.list_(pa.struct(_REASON))
"""Why a score is what it is: at most three parts, the strongest first, each with its sign and in words.

`direction` tells whether the user's value is below, at (`usual`) or above the median of the cohort."""

_COLUMNS = {
    "tag": (pa.string(), "name of the tag; a partition"),
    "as_of": (_INSTANT, "the instant, UTC, that the run pretended was now; a partition"),
    "user_id": (pa.string(), "who is tagged; at most once for each tag and as_of"),
    "kind": (pa.string(), "predictive, value, rule or fact: `value` where an amount is predicted and not a chance"),
    "value": (pa.string(), "class of a rule, or a fact as text; null for predictions"),
    "score": (pa.float64(), "the model's margin: ranks users, higher is likelier, or more; null but for predictions"),
    "probability": (pa.float64(), "calibrated chance of the outcome, 0 to 1; null where an amount is predicted"),
    "expected": (pa.float64(), "mean amount that is expected; only where an amount is predicted, as the next three"),
    "low": (pa.float64(), "P10: one of ten is expected below it"),
    "median": (pa.float64(), "P50: one of two is expected below it"),
    "high": (pa.float64(), "P90: nine of ten are expected at or below it"),
    "percentile": (pa.float64(), "percent of the cohort that ranks no higher: 100 is best; predictions only"),
    "tier": (pa.string(), "named band of rank in the cohort; predictions only"),
    "frozen_tier": (
        pa.string(),
        "the band of the score among those of the training; null where tiers are counts",
    ),
    "trend": (pa.float64(), "change of the score in about 7 days, by the same version of the model; null without one"),
    "reasons": (REASONS, "what moved the score most, signed, with words in English and Chinese; predictions only"),
    "eligible": (pa.bool_(), "whether the tag may be used for its purpose; true until consents are known"),
    "why_not": (pa.string(), "why it may not; null where eligible"),
    "holdout": (pa.bool_(), "whether the user is left alone to measure lift; null where the tag leaves nobody alone"),
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


@dataclass(frozen=True)
class Stamp:
    """What all rows of one tag in one run have in common; instants are seconds, `draws` leave users alone."""

    tag: str
    kind: Kind
    as_of: int
    computed_at: int
    run_id: str
    definition_hash: str
    model_version: str | None = None
    backfilled: bool = False
    draws: tuple[Draw, ...] = ()


def tag_rows(stamp: Stamp, known: pa.Table) -> pa.Table:
    """Rows in the schema `INSIDE`, sorted by user; what is neither known nor the same for all is null.

    Args:
        known: `user_id`, `valid_until` and whatever else the tag knows, of one row for each user.
    """
    constant = {
        "kind": stamp.kind,
        "eligible": True,
        "model_version": stamp.model_version,
        "definition_hash": stamp.definition_hash,
        "computed_at": _moment(stamp.computed_at),
        "run_id": stamp.run_id,
        "backfilled": stamp.backfilled,
    }
    if stamp.draws:
        known = known.append_column("holdout", held_out(known["user_id"], stamp.draws))
    arrays = [
        known[field.name].cast(field.type)
        if field.name in known.column_names
        else pa.repeat(pa.scalar(constant.get(field.name), field.type), len(known))
        for field in INSIDE
    ]
    return _sorted(pa.Table.from_arrays(arrays, schema=INSIDE))


def partition_of(tag: str, as_of: int) -> tuple[dict[str, str], dict[str, str]]:
    """The partition of a tag at an instant: as folders are named, and as the table knows it.

    >>> folders, values = partition_of("churn", 1514779281)
    >>> folders["as_of"], values["as_of"]
    ('20180101T040121Z', '2018-01-01 04:01:21')
    """
    moment = _moment(as_of)
    return {"tag": tag, "as_of": f"{moment:%Y%m%dT%H%M%SZ}"}, {"tag": tag, "as_of": f"{moment:%Y-%m-%d %H:%M:%S}"}


def instants(seconds: Any) -> pa.Array:
    """The seconds as the table keeps instants."""
    return pa.array(seconds, pa.int64()).cast(pa.timestamp("s")).cast(_INSTANT)


def _sorted(rows: pa.Table) -> pa.Table:
    users = rows["user_id"]
    is_sorted = len(rows) < 2 or pc.all(pc.less_equal(users[:-1], users[1:])).as_py()
    return rows if is_sorted else rows.sort_by("user_id")


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
