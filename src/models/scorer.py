"""Six forms of model behind one door: vectors in, a margin and its parts out."""

from __future__ import annotations

from typing import Protocol, get_args

import numpy as np
import numpy.typing as npt

from ..errors import DamagedError
from .bgnbd_scorer import parse_bgnbd
from .ladder import Form
from .linear import parse_linear
from .mean import parse_mean
from .rule import parse_rule
from .two_stage import parse_two_stage

__all__ = ["Scorer", "parse_scorer"]


class Scorer(Protocol):
    """What ranks users: the higher its margin, the likelier the outcome, or the more of it."""

    @property
    def form(self) -> Form:
        """Which kind of model it is."""
        ...

    @property
    def n_features(self) -> int:
        """How many columns its vectors have."""
        ...

    def margin(self, X: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """The raw score of each row of `X` (n_rows, n_features): `(n_rows,)`, finite; on a logarithm but for a rule."""
        ...

    def contributions(self, X: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """What each feature adds, `(n_rows, n_features + 1)`; the last column is the base, a row sums to its margin."""
        ...

    def to_text(self) -> str:
        """The text that `parse_scorer` reads: JSON, or LightGBM's own for a forest."""
        ...


def parse_scorer(form: str, text: str) -> Scorer:
    """The scorer that a text describes; nothing in it is executed.

    Raises:
        DamagedError: the text is not what such a scorer writes.
        RefusedError: it is a sound LightGBM model of a kind that cannot be scored here.
    """
    if form == "rule":
        return parse_rule(text)
    if form == "linear":
        return parse_linear(text)
    if form == "forest":
        from .forest_check import open_forest  # noqa: PLC0415 - it alone needs the compiler

        return open_forest(text)
    if form == "two_stage":
        return parse_two_stage(text)
    if form == "bgnbd":
        return parse_bgnbd(text)
    if form == "mean":
        return parse_mean(text, parse_scorer)
    raise DamagedError(f'"{form}" is not a form of model; there are {", ".join(get_args(Form))}')
