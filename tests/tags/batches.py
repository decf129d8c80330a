from collections.abc import Sequence
from typing import Any

from limner.tags.rows import Stamp, tag_rows
from limner.tags.writing import Batch

LATER = 10_000


def fact_batch(tag: str, as_of: int, values: dict[str, str], key: str = "k1", run_id: str = "r1") -> Batch:
    stamp = Stamp(tag, "fact", as_of, as_of, run_id, "d" * 64)
    columns = {"user_id": list(values), "value": list(values.values()), "valid_until": [LATER] * len(values)}
    return Batch(tag, as_of, key, run_id, tag_rows(stamp, columns))


def prediction_columns(users: Sequence[str]) -> dict[str, Any]:
    reason = {"feature": "spend", "contribution": 0.5, "value": None, "en": "spent", "zh": "消费"}
    return {
        "user_id": list(users),
        "score": [float(place) for place in range(len(users))],
        "probability": [0.25] * len(users),
        "percentile": [50.0] * len(users),
        "tier": ["low"] * len(users),
        "reasons": [[reason] * (place % 3) for place in range(len(users))],
        "valid_until": [LATER] * len(users),
    }


def prediction_batch(tag: str, as_of: int, users: Sequence[str], key: str = "k1") -> Batch:
    stamp = Stamp(tag, "predictive", as_of, as_of, "r1", "d" * 64, model_version="3")
    return Batch(tag, as_of, key, "r1", tag_rows(stamp, prediction_columns(users)))
