"""From events to vectors: the one place where a plan meets a bucket, in training and in scoring alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import RefusedError
from .attributes import attribute_column
from .bucket import Bucket
from .kernel import Rows as Asked
from .kernel import compute
from .plan import Feature, Plan
from .program import events_of, programmed
from .rows import Rows

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["vectors"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def vectors(bucket: Bucket, plan: Plan, rows: Rows, attributes: Mapping[str, pa.Table]) -> Floats:
    """The plan's features of each row, `(n_rows, n_features)`.

    NaN is missing; a category is its code in the feature's vocabulary, 0 for any other value.

    Args:
        attributes: the bucket's attribute tables by name.

    Raises:
        RefusedError: the log keeps a number with other decimals than when the plan was made.
    """
    _refuse_rescaled(bucket, plan)
    found = np.empty((len(rows), len(plan.features)), np.float32)
    _history(bucket, plan, rows, found)
    for place, feature in enumerate(plan.features):
        if feature.role == "attribute":
            source = plan.attributes[feature.source]
            found[:, place] = attribute_column(feature, source, attributes[source.table], bucket, rows)
        elif feature.role == "trigger":
            found[:, place] = _known(feature, rows)
    return found


def _history(bucket: Bucket, plan: Plan, rows: Rows, found: Floats) -> None:
    """Fill the columns of the history; the kernel wants rows by user and cutoff, and gets them so."""
    users, cutoffs = rows.user.astype(np.int64), rows.cutoff.astype(np.int64)
    events, (feeds, program) = events_of(bucket), programmed(bucket, plan)
    if _are_sorted(users, cutoffs):
        compute(events, feeds, program, Asked(users, cutoffs, found))
    else:
        order = np.lexsort((cutoffs, users))
        sorted_ = np.empty_like(found)
        compute(events, feeds, program, Asked(users[order], cutoffs[order], sorted_))
        found[order] = sorted_


def _are_sorted(users: Ints, cutoffs: Ints) -> bool:
    is_same, goes_on = users[1:] == users[:-1], cutoffs[1:] >= cutoffs[:-1]
    return bool(((users[1:] > users[:-1]) | (is_same & goes_on)).all())


def _refuse_rescaled(bucket: Bucket, plan: Plan) -> None:
    for signal in plan.signals.values():
        if signal.type != "number" or signal.value is None:
            continue
        decimals = bucket.properties.number(signal.value).decimals
        if decimals != signal.decimals:
            raise RefusedError(
                f"property {signal.value} has {decimals} decimals in the log and had {signal.decimals} when "
                "the plan was made; declare it as it was, or train again"
            )


def _known(feature: Feature, rows: Rows) -> Floats:
    """A property of the trigger event."""
    column = rows.known[feature.source]
    if feature.type == "number":
        return column.astype(np.float32)
    codes = {text: code for code, text in enumerate(feature.texts, 1)}
    if feature.type == "flag":
        codes = {"false": 0, "true": 1}
    return np.array([np.nan if text is None else codes.get(str(text), 0) for text in column], np.float32)
