"""From events to vectors: the one place where a plan meets a bucket, in training and in scoring alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import RefusedError
from .attributes import attribute_column
from .bucket import Bucket
from .carried import Remembered, is_lasting, seen_by
from .kernel import Wanted, compute
from .kernel_carried import Carried
from .plan import Feature, Plan
from .program import events_of, programmed
from .rows import Rows

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["vectors"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def vectors(
    bucket: Bucket,
    plan: Plan,
    rows: Rows,
    attributes: Mapping[str, pa.Table],
    *,
    start: Remembered | None = None,
) -> Floats:
    """The plan's features of each row, `(n_rows, n_features)`.

    NaN is missing; a category is its code in the feature's vocabulary, 0 for any other value.

    Args:
        attributes: the bucket's attribute tables by name.
        start: what is remembered of users at an instant, so that the bucket may lack events before it that lie
            further back than the plan's windows reach.

    Raises:
        RefusedError: the log keeps a number with other decimals than when the plan was made, or what is remembered
            is of another plan or of a later instant than a row's cutoff.
    """
    _refuse_rescaled(bucket, plan)
    found = np.empty((len(rows), len(plan.features)), np.float32)
    if start is None:
        _history(bucket, plan, rows, found)
    else:
        _history_from(bucket, plan, rows, start, found)
    for place, feature in enumerate(plan.features):
        if feature.role == "attribute":
            source = plan.attributes[feature.source]
            found[:, place] = attribute_column(feature, source, attributes[source.table], bucket, rows)
        elif feature.role == "trigger":
            found[:, place] = _known(feature, rows)
    return found


def _history_from(bucket: Bucket, plan: Plan, rows: Rows, start: Remembered, found: Floats) -> None:
    """Fill the columns of the history: windows from the bucket alone, lasting ones from what is remembered on."""
    start.refuse_unfit(plan, rows.cutoff)
    seen, carried = seen_by(bucket, plan, start)
    for one, known, lasts in ((bucket, None, False), (seen, carried, True)):
        places = [place for place, feature in enumerate(plan.features) if is_lasting(feature) == lasts]
        part = replace(plan, features=tuple(plan.features[place] for place in places))
        columns = np.empty((len(rows), len(places)), np.float32)
        _history(one, part, rows, columns, known)
        found[:, places] = columns


def _history(bucket: Bucket, plan: Plan, rows: Rows, found: Floats, start: Carried | None = None) -> None:
    """Fill the columns of the history; the kernel wants rows by user and cutoff, and gets them so."""
    users, cutoffs = rows.user.astype(np.int64), rows.cutoff.astype(np.int64)
    events, (feeds, program) = events_of(bucket), programmed(bucket, plan)
    if _are_sorted(users, cutoffs):
        compute(events, feeds, program, Wanted(users, cutoffs, found), start)
    else:
        order = np.lexsort((cutoffs, users))
        sorted_ = np.empty_like(found)
        compute(events, feeds, program, Wanted(users[order], cutoffs[order], sorted_), start)
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
