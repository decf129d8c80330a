"""From scores to ranks: percentiles and named bands of a cohort, whatever its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..quantities import Band

__all__ = ["frozen_tiers", "percentiles", "ranks", "tier_sizes", "tiers"]

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


def tier_sizes(n_rows: int, bands: Mapping[str, Band]) -> dict[str, int]:
    """How many rows each band holds, best first; together always n_rows.

    A band that is a share ends where the shares so far reach: at `n_rows * (share_1 + … + share_k)`, a half rounded up.
    So none is off by more than one row, and growing the cohort never shrinks the bands above. One that is a count
    holds so many, as long as there are any; `rest` holds what the others leave.

    >>> tier_sizes(7, {"high": Band.parse("10%"), "medium": Band.parse("30%"), "low": Band.parse("60%")})
    {'high': 1, 'medium': 2, 'low': 4}
    >>> tier_sizes(1_000, {"call": Band.parse(200), "mail": Band.parse("30%"), "later": Band.parse("rest")})
    {'call': 200, 'mail': 300, 'later': 500}
    """
    sizes, reached, end, left = dict.fromkeys(bands, 0), Decimal(0), 0, n_rows
    for name, band in bands.items():
        wanted = band.count or 0
        if band.share is not None:
            reached += band.share.value
            start, end = end, int((n_rows * reached).quantize(Decimal(1), ROUND_HALF_UP))
            wanted = end - start
        sizes[name] = min(wanted, left)
        left -= sizes[name]
    return {name: size + (left if bands[name].is_rest else 0) for name, size in sizes.items()}


def tiers(places: Ints, bands: Mapping[str, Band]) -> pa.DictionaryArray:
    """The name of the band that each place, from 1, falls into: `(n_rows,)`."""
    ends = np.cumsum(list(tier_sizes(len(places), bands).values()))
    found = np.searchsorted(ends, places, side="left").astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(found), pa.array(list(bands), pa.string()))


def frozen_tiers(
    scores: npt.NDArray[np.float64], spread: Sequence[float] | None, bands: Mapping[str, Band]
) -> pa.Array:
    """The band that each score would have fallen into at the training, `(n_rows,)`; null where none can be told.

    So a tier means the same scores in each run, and may hold more users or fewer. A count has no such meaning, and a
    model that was trained before its scores were kept has no spread.

    Args:
        spread: quantiles of the scores at the training, evenly spaced from the lowest score to the highest.
    """
    if spread is None or any(band.count for band in bands.values()):
        return pa.nulls(len(scores), pa.string())
    shares = np.array([float(band.share) if band.share else 0.0 for band in bands.values()])
    shares[[band.is_rest for band in bands.values()]] = max(1.0 - shares.sum(), 0.0)
    floors = np.quantile(spread, 1.0 - np.minimum(np.cumsum(shares)[:-1], 1.0))
    found = (scores[:, None] < floors[None, :]).sum(axis=1).astype(np.int32)
    return pa.array(list(bands), pa.string()).take(pa.array(found))


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
