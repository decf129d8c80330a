"""A hash of vectors that does not depend on how users are divided, so that two machines can be compared by it."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

__all__ = ["digest", "shown_digest"]

_BYTES = 16


def digest(users: npt.NDArray[np.object_], cutoffs: npt.NDArray[np.int64], X: npt.NDArray[np.float32]) -> int:
    """A whole number that stands for the rows, (n_rows, n_features), whose order does not matter.

    That of rows in several pieces is the sum of those of the pieces.

    >>> rows, at = np.zeros((2, 3), np.float32), np.array([7, 7])
    >>> whole = digest(np.array(["u", "v"], object), at, rows)
    >>> pieces = [digest(np.array([user], object), at[:1], rows[:1]) for user in "vu"]
    >>> shown_digest(pieces) == shown_digest([whole])
    True
    """
    keys = (f"{user}\0{cutoff}".encode() for user, cutoff in zip(users, cutoffs.tolist(), strict=True))
    hashes = (blake2b(key + row.tobytes(), digest_size=_BYTES).digest() for key, row in zip(keys, X, strict=True))
    return sum(int.from_bytes(one) for one in hashes)


def shown_digest(pieces: Iterable[int]) -> str:
    """The hash of all pieces as text."""
    return f"{sum(pieces) % 256**_BYTES:0{2 * _BYTES}x}"
