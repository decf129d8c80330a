from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from limner.engines.store import Store
from limner.tags.content import ContentHash
from limner.tags.maker import rows_of
from limner.tags.published import Published
from limner.tags.rows import Kind, Stamp, tag_rows
from limner.tags.writing import Batch, publish, write

LATER = 10_000


def fact_batch(tag: str, as_of: int, values: dict[str, str], key: str = "k1", run_id: str = "r1") -> Batch:
    stamp = Stamp(tag, "fact", as_of, as_of, run_id, "d" * 64)
    columns = {"user_id": list(values), "value": list(values.values()), "valid_until": [LATER] * len(values)}
    return Batch(tag, "fact", as_of, key, run_id, [tag_rows(stamp, rows_of(columns))])


def prediction_columns(users: Sequence[str]) -> dict[str, Any]:
    reason = {"feature": "spend", "contribution": 0.5, "value": None, "direction": None, "en": "spent", "zh": "消费"}
    return {
        "user_id": list(users),
        "score": [float(place) for place in range(len(users))],
        "probability": [0.25] * len(users),
        "percentile": [50.0] * len(users),
        "tier": ["low"] * len(users),
        "reasons": [[reason] * (place % 3) for place in range(len(users))],
        "valid_until": [LATER] * len(users),
    }


def prediction_batch(tag: str, as_of: int, users: Sequence[str], key: str = "k1", **columns: Any) -> Batch:
    stamp = Stamp(tag, "predictive", as_of, as_of, "r1", "d" * 64, model_version="3")
    rows = tag_rows(stamp, rows_of({**prediction_columns(users), **columns}))
    return Batch(tag, "predictive", as_of, key, "r1", [rows])


def shown_in(store: Store, batches: Sequence[Batch], tags: dict[str, Kind]) -> list[Published]:
    """What is remembered of the batches, now that they are published."""
    written = [write(store, batch) for batch in batches]
    publish(store, written, tags)
    return [one.entry for one in written]


def hashed(*pieces: pa.Table) -> str:
    content = ContentHash()
    for piece in pieces:
        content.update(piece)
    return content.hexdigest()
