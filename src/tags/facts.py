"""Facts: an attribute as it stood at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..features.bucket import Needs
from ..timeline import MICROS
from .known import Known
from .maker import Part, rows_of
from .spec import FactSpec

__all__ = ["Reader", "valid_values"]


@dataclass(frozen=True)
class Reader:
    """What reads a fact from the attribute table that has it; a number has so many decimals and is kept whole."""

    spec: FactSpec
    table: str
    decimals: int

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
        valid = valid_values(known.attributes[self.table], self.spec.attribute, known.as_of, self.decimals)
        until = np.full(len(valid), known.as_of + self.spec.valid_for.seconds)
        return Part(rows_of({"user_id": valid["user_id"], "value": valid["value"], "valid_until": until}))


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
    return pa.table({"user_id": latest["user_id"], "value": _texts(latest[name].combine_chunks(), decimals)})


def _texts(values: pa.Array, decimals: int) -> pa.Array:
    """The values as texts; each different one is written once."""
    if pa.types.is_string(values.type):
        return values
    different = values.dictionary_encode()
    texts = [_text(value, decimals) for value in different.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(different.indices)


def _text(value: bool | int, decimals: int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{Decimal(value).scaleb(-decimals):f}"
