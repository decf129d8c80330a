"""The pictures of a model card that are of amounts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from ..plots import MODEL, MUTED, OTHERS, OUTCOME, entitle, panes, styled
from .judge import Group

__all__ = ["bounds_figure", "levels_figure", "spread_figure"]

Floats = npt.NDArray[np.float64]


def levels_figure(groups: Sequence[Group]) -> Figure:
    """Whether as much came as was expected, by tenths of the test, with the interval over users."""
    with styled():
        figure, (axes,) = panes(1, (5.2, 4.1))
        expected, came = (
            np.array(one) for one in zip(*((one.expected, one.came.value) for one in groups), strict=True)
        )
        spread = np.array([[one.came.value - one.came.low, one.came.high - one.came.value] for one in groups]).T
        limit = 1.08 * max(one.came.high for one in groups)
        axes.plot([0, limit], [0, limit], color=MUTED, lw=0.9, ls=(0, (3, 3)))
        axes.errorbar(expected, came, yerr=np.maximum(spread, 0), fmt="o", ms=4.5, color=MODEL, elinewidth=1.4)
        _in_amounts(axes, "expected, mean of a tenth of the test", "came, with 95 % interval")
        inside = sum(one.came.low <= one.expected <= one.came.high for one in groups)
        entitle(figure, f"{inside} of {len(groups)} tenths brought what was expected")
        return figure


def bounds_figure(groups: Sequence[Group], covered: float) -> Figure:
    """What eight of ten lie between, by tenths of the test; `covered` is the part that really did."""
    with styled():
        figure, (axes,) = panes(1, (5.2, 4.1))
        places = np.arange(1, len(groups) + 1)
        low, high = np.array([one.low for one in groups]), np.array([one.high for one in groups])
        axes.bar(places, high - low, bottom=low, color=OTHERS, width=0.6, label="8 of 10 expected between")
        axes.plot(places, [one.expected for one in groups], "_", ms=14, mew=2.2, color=MODEL, label="expected")
        axes.plot(places, [one.came.value for one in groups], "o", ms=4.5, color=OUTCOME, label="came, mean")
        axes.set_xticks(places)
        _in_amounts(axes, "tenths of the test, least expected first", "amount")
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.legend(loc="upper left")
        entitle(figure, f"{covered:.0%} of the amounts lie between their bounds")
        return figure


def spread_figure(amounts: Floats, expected: Floats) -> Figure:
    """How amounts, `(n_rows,)`, and what was expected of them are spread."""
    with styled():
        figure, (axes,) = panes(1, (5.2, 4.1))
        edges = np.linspace(min(0.0, float(amounts.min())), max(float(np.quantile(amounts, 0.99)), 1e-9), 41)
        for values, colour, name in ((amounts, OTHERS, "came"), (expected, MODEL, "expected")):
            weights = np.full(len(values), 1 / len(values))
            axes.hist(
                np.clip(values, edges[0], edges[-1]), edges, weights=weights, color=colour, alpha=0.65, label=name
            )
        _in_amounts(axes, "amount", "part of the rows")
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
        axes.legend(loc="upper right")
        entitle(
            figure,
            f"Of {np.mean(amounts <= 0):.0%} nothing came;\nhalf of the others brought over {_middle(amounts):,.4g}",
        )
        return figure


def _middle(amounts: Floats) -> float:
    paid = amounts[amounts > 0]
    return float(np.median(paid)) if len(paid) else 0.0


def _in_amounts(axes: object, along: str, upward: str) -> None:
    axes.set(xlabel=along, ylabel=upward)  # type: ignore[attr-defined]
    for axis in (axes.xaxis, axes.yaxis):  # type: ignore[attr-defined]
        axis.set_major_formatter(lambda value, _: f"{value:,.4g}")
