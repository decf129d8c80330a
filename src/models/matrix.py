"""What vectors must be before a scorer reads them, and what JSON must be before one is made of it."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError, RefusedError

__all__ = ["Matrix", "checked_matrix", "finite", "json_object"]

Matrix = npt.NDArray[np.float32]


def checked_matrix(X: Matrix, n_features: int) -> Matrix:
    """`X` (n_rows, n_features) as contiguous float32.

    Raises:
        RefusedError: it has another shape than the model was trained on.
    """
    if X.ndim != 2 or X.shape[1] != n_features:
        raise RefusedError(
            f"vectors of shape {X.shape} meet a model of {n_features} features: compute them by the model's own plan"
        )
    return np.ascontiguousarray(X, dtype=np.float32)


def json_object(text: str, what: str) -> dict[str, Any]:
    """The object that a JSON text holds; NaN and infinities are no JSON.

    Args:
        what: how messages call the text.

    Raises:
        DamagedError: the text is no JSON object.
    """
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{what} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise DamagedError(f"{what} holds {type(found).__name__} where an object is expected")
    return found


def finite(value: object) -> float:
    """The number itself, if it is one.

    Raises:
        ValueError: it is no number, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return float(value)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")
