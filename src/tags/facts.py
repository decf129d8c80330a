"""Facts that are read off: an attribute as it stood at an instant, and a feature."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..features.bucket import Needs
from ..features.cohort import cohort_rows
from ..features.digest import digest
from ..features.plan import Feature, Plan
from ..timeline import MICROS
from .known import Known
from .maker import Part, reach_of, rows_of

__all__ = ["OTHER", "FeatureReader", "Reader", "texts_of", "valid_values"]

OTHER = "other"
"""A category's value outside its vocabulary."""


@dataclass(frozen=True)
class Reader:
    """What reads a fact from the attribute table that has it; a number has so many decimals and is kept whole."""

    attribute: str
    table: str
    decimals: int
    valid_for: int

    @property
    def needs(self) -> Needs:
        """Nothing: no event tells a fact."""
        return Needs()

    @property
    def reach(self) -> int:
        """Nowhere."""
        return 0

    def part(self, known: Known) -> Part:
        """The fact of the bucket's users; who has none is left out."""
        valid = valid_values(known.attributes[self.table], self.attribute, known.as_of, self.decimals)
        until = np.full(len(valid), known.as_of + self.valid_for)
        return Part(rows_of({"user_id": valid["user_id"], "value": valid["value"], "valid_until": until}))


@dataclass(frozen=True)
class FeatureReader:
    """What tells a feature of everybody seen before; the plan has this one feature, `valid_for` is in seconds."""

    plan: Plan
    valid_for: int

    @property
    def needs(self) -> Needs:
        """What the feature asks of the log."""
        return self.plan.needs

    @property
    def reach(self) -> int | None:
        """How far back the feature looks at single events."""
        return reach_of(self.plan, None)

    def part(self, known: Known) -> Part:
        """The feature of the bucket's users; who has none is left out."""
        bucket = known.events(self.needs)
        rows = cohort_rows(bucket, None, [known.as_of])
        X = known.vectors(bucket, self.plan, rows)
        is_known = ~np.isnan(X[:, 0])
        users, values = bucket.users[rows.user[is_known]], _said(self.plan.features[0], X[is_known, 0])
        until = np.full(len(users), known.as_of + self.valid_for)
        told = rows_of({"user_id": users, "value": values, "valid_until": until})
        return Part(told, snapshot=digest(bucket.users[rows.user], rows.cutoff, X))


def valid_values(attributes: pa.Table, name: str, as_of: int, decimals: int) -> pa.Table:
    """Each `user_id` and the `value` that holds for it at `as_of`, in seconds, as text: the latest from before it.

    An undated value always holds. A user whose latest value is unknown is left out; so is everybody where the
    table has no such column, as that of an empty bucket.

    Args:
        attributes: sorted by user_id and valid_from.
    """
    if name not in attributes.column_names:
        return pa.table({"user_id": pa.array([], pa.string()), "value": pa.array([], pa.string())})
    since = attributes["valid_from"].cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy()
    known = attributes.filter(pa.array(since // MICROS < as_of))
    users = known["user_id"].combine_chunks()
    is_last = np.ones(len(users), np.bool_)
    is_last[:-1] = pc.not_equal(users[1:], users[:-1]).to_numpy(zero_copy_only=False)
    latest = known.filter(pc.and_(pa.array(is_last), known[name].is_valid()))
    return pa.table({"user_id": latest["user_id"], "value": texts_of(latest[name].combine_chunks(), decimals)})


def texts_of(values: pa.Array, decimals: int) -> pa.Array:
    """The values as texts, numbers with so many decimals; each different one is written once."""
    if pa.types.is_string(values.type):
        return values
    different = values.dictionary_encode()
    texts = [_text(value, decimals) for value in different.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(different.indices)


def _said(feature: Feature, values: npt.NDArray[np.float32]) -> pa.Array:
    """Each value as text, a number as fine as reasons tell it."""
    different, places = np.unique(values, return_inverse=True)
    if feature.is_category:
        names = [OTHER, *feature.texts]
        told = [names[int(code)] for code in different]
    else:
        told = [f"{value:.{feature.digits}f}" for value in different.tolist()]
    return pa.array(told, pa.string()).take(pa.array(places))


def _text(value: bool | int, decimals: int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{Decimal(value).scaleb(-decimals):f}"
