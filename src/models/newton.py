"""Newton's method with halved steps, for the convex losses that regressions here stand on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["descent"]

Floats = npt.NDArray[np.float64]

_STEPS = 100
_HALVINGS = 30
_TOLERANCE = 1e-10


def descent(start: Floats, loss: Callable[[Floats], float], step: Callable[[Floats], Floats]) -> Floats:
    """The weights at which a convex loss is least, from `start` on; a step is halved until the loss does not climb.

    Source: Boyd, Vandenberghe (2004), Convex Optimization, 9.5.2 (damped Newton method).
    """
    weights, least = start, loss(start)
    for _ in range(_STEPS):
        whole = step(weights)
        for halving in range(_HALVINGS):
            tried = weights - whole * 0.5**halving
            tried_loss = loss(tried)
            if tried_loss <= least:
                break
        else:
            return weights
        gain, weights, least = least - tried_loss, tried, tried_loss
        if gain <= _TOLERANCE * (1.0 + abs(least)):
            return weights
    return weights
