"""Facts: an attribute as it stood at an instant."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..timeline import MICROS
from .moment import Moment
from .spec import FactSpec

__all__ = ["facts", "valid_values"]

Texts = npt.NDArray[np.object_]


def facts(moment: Moment, tag: str, spec: FactSpec, table: str, decimals: int) -> dict[str, Any]:
    """The columns of a fact's rows: users whose attribute is known at the instant.

    Args:
        table: the attribute table that has it.
        decimals: digits after the point of a number, which is kept whole.
    """

    as_of, attributes = moment.as_of, moment.attributes

    def values(number: int) -> tuple[Texts, Texts]:
        return valid_values(attributes(number)[table], spec.attribute, as_of, decimals)

    parts = moment.over_buckets(values, f"Read {tag}")
    users, found = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {"user_id": users, "value": found, "valid_until": np.full(len(users), as_of + spec.valid_for.seconds)}


def valid_values(attributes: pa.Table, name: str, as_of: int, decimals: int) -> tuple[Texts, Texts]:
    """Users and what holds for each at `as_of`, in seconds, as text: the latest value from before it.

    An undated value always holds. A user whose latest value is unknown is left out; so is everybody where the
    table has no such column, as that of an empty bucket.

    Args:
        attributes: sorted by user_id and valid_from.
    """
    if name not in attributes.column_names:
        return np.empty(0, object), np.empty(0, object)
    since = attributes["valid_from"].cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy()
    known = attributes.filter(pa.array(since // MICROS < as_of))
    users = known["user_id"].to_numpy(zero_copy_only=False)
    is_latest = np.append(users[1:] != users[:-1], True)[: len(users)]
    texts = np.array([_text(value, decimals) for value in known[name].to_pylist()], object)
    kept = is_latest & np.array([text is not None for text in texts], np.bool_)
    return users[kept], texts[kept]


def _text(value: str | bool | int | None, decimals: int) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return f"{Decimal(value).scaleb(-decimals):f}"
