"""From scores to ranks: percentiles and named bands of a cohort, whatever its size."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..quantities import Share

__all__ = ["percentiles", "ranks", "tier_sizes", "tiers"]

Ints = npt.NDArray[np.int64]


def ranks(scores: npt.NDArray[np.float64], users: pa.ChunkedArray, salt: str) -> Ints:
    """The place of each row, `(n_rows,)`, from 1 for the highest score to n_rows.

    Equal scores are ordered by a hash of salt and user, so that no user is favoured in every tag,
    and the order is the same in every run.

    >>> ranks(np.array([0.1, 0.9, 0.5]), pa.chunked_array([["a", "b", "c"]]), "churn").tolist()
    [3, 1, 2]
    """
    is_tied, lots = _is_tied(scores), np.zeros(len(scores), np.uint64)
    lots[is_tied] = [_lot(user, salt) for user in users.filter(pa.array(is_tied)).to_pylist()]
    places = np.empty(len(scores), np.int64)
    places[np.lexsort((lots, -scores))] = np.arange(1, len(scores) + 1)
    return places


def percentiles(places: Ints) -> npt.NDArray[np.float64]:
    """The share of rows, in percent, that rank no higher than each: 100 is the best, `(n_rows,)`.

    >>> percentiles(np.array([1, 2, 3, 4])).tolist()
    [100.0, 75.0, 50.0, 25.0]
    """
    return 100.0 * (len(places) - places + 1) / max(len(places), 1)


def tier_sizes(n_rows: int, shares: Mapping[str, Share]) -> dict[str, int]:
    """How many rows each band holds, best first; together always n_rows.

    A band ends where the shares so far reach: at `n_rows * (share_1 + … + share_k)`, a half rounded up.
    So no band is off by more than one row, and growing the cohort never shrinks the bands above.

    >>> tier_sizes(7, {"high": Share.parse("10%"), "medium": Share.parse("30%"), "low": Share.parse("60%")})
    {'high': 1, 'medium': 2, 'low': 4}
    """
    sizes, reached, taken = {}, Decimal(0), 0
    for name, share in shares.items():
        reached += share.value
        end = int((n_rows * reached).quantize(Decimal(1), ROUND_HALF_UP))
        sizes[name], taken = end - taken, end
    return sizes


def tiers(places: Ints, shares: Mapping[str, Share]) -> pa.DictionaryArray:
    """The name of the band that each place, from 1, falls into: `(n_rows,)`."""
    ends = np.cumsum(list(tier_sizes(len(places), shares).values()))
    bands = np.searchsorted(ends, places, side="left").astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(bands), pa.array(list(shares), pa.string()))


def _is_tied(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether another row has the same score, `(n_rows,)`."""
    order = np.argsort(scores)
    is_next = np.diff(scores[order]) == 0
    is_tied = np.zeros(len(scores), np.bool_)
    is_tied[order[1:][is_next]] = True
    is_tied[order[:-1][is_next]] = True
    return is_tied


def _lot(user: str, salt: str) -> int:
    return int.from_bytes(blake2b(f"{salt}\x00{user}".encode(), digest_size=8).digest(), "big")
