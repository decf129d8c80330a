"""The pictures of a model card: one palette, and titles that say the finding."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .forms import said_of_rule
from .reliability import ReliabilityBin

__all__ = [
    "GRID",
    "INK",
    "MODEL",
    "MUTED",
    "OTHERS",
    "OUTCOME",
    "Contributions",
    "class_figure",
    "entitle",
    "gains_figure",
    "importance_figure",
    "lift_figure",
    "on_white",
    "panes",
    "reliability_figure",
    "styled",
    "summary_figure",
    "svg",
]

Floats = npt.NDArray[np.float64]
Outcomes = npt.NDArray[np.int8] | Floats

INK, MUTED, GRID = "#1f2937", "#6b7280", "#e5e7eb"
MODEL, OUTCOME, OTHERS = "#2563eb", "#e4572e", "#94a3b8"
_RULES = ("#d97706", "#0d9488", "#9333ea", "#64748b", "#be185d", "#65a30d")
_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "limner",
}


@dataclass(frozen=True)
class Contributions:
    """What moved the score of a sample: `values` and `inputs` are both (n_rows, n_features), `names` (n_features,)."""

    values: Floats
    inputs: npt.NDArray[np.float32]
    names: Sequence[str]
    groups: Sequence[str]


def gains_figure(labels: Outcomes, scores: Mapping[str, Floats], what: str = "outcomes") -> Figure:
    """How many of the outcomes, or how much of the amounts, the best scored hold.

    The first of `scores`, each `(n_rows,)`, is the model; the others are the rules beside it.
    """
    with styled():
        figure, (axes,) = panes(1, (5.2, 4.1))
        for name, share, held, look in _curves(labels, scores):
            axes.plot(share, held, label=said_of_rule(name)[0], **look)
        axes.plot([0, 1], [0, 1], color=MUTED, lw=0.9, ls=(0, (3, 3)), label="chance")
        _finish(axes, "part of the cohort, best scored first", f"part of all {what} held")
        axes.legend(loc="lower right")
        entitle(figure, f"The top 10 % hold {_held_by_a_tenth(labels, scores):.0%} of all {what}")
        return figure


def lift_figure(labels: npt.NDArray[np.int8], scores: Mapping[str, Floats]) -> Figure:
    """How many times as often the best scored have the outcome as all; the arguments are those of `gains_figure`."""
    with styled():
        figure, (axes,) = panes(1, (5.2, 4.1))
        for _, share, held, look in _curves(labels, scores):
            top = share >= 0.01
            axes.plot(share[top], held[top] / share[top], **look)
        axes.axhline(1, color=MUTED, lw=0.9, ls=(0, (3, 3)))
        _finish(axes, "part of the cohort, best scored first", "times as often as in all")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}×")
        times = 10 * _held_by_a_tenth(labels, scores)
        entitle(figure, f"The top 10 % have the outcome {times:.1f} times as often")
        return figure


def reliability_figure(bins: Sequence[ReliabilityBin], chances: Floats) -> Figure:
    """Whether a chance of 20 % comes true for 20 of 100, with the chances given, `(n_rows,)`, below."""
    with styled():
        figure, (top, below) = panes(2, (5.2, 4.9), vertical=True)
        given, observed = np.array([one.chance for one in bins]), np.array([one.rate for one in bins])
        spread = np.array([[one.rate - one.low, one.high - one.rate] for one in bins]).T
        limit = 1.08 * max(0.02, *given.tolist(), *(one.high for one in bins))
        top.plot([0, limit], [0, limit], color=MUTED, lw=0.9, ls=(0, (3, 3)))
        top.errorbar(given, observed, yerr=np.maximum(spread, 0), fmt="o", ms=4.5, color=MODEL, elinewidth=1.4)
        below.hist(np.minimum(chances, limit), bins=np.linspace(0, limit, 41), color=OTHERS)
        for axes in (top, below):
            axes.set_xlim(0, limit)
        top.set_ylim(0, limit)
        _finish(top, "", "came true, with 95 % interval")
        _finish(below, "chance given", "rows")
        top.tick_params(labelbottom=False)
        below.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        below.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        inside = sum(one.low <= one.chance <= one.high for one in bins)
        entitle(figure, f"{inside} of {len(bins)} groups came true as often as they were told")
        return figure


def class_figure(labels: npt.NDArray[np.int8], chances: Floats) -> Figure:
    """How the chances, `(n_rows,)`, of those with the outcome differ from the others'."""
    with styled():
        figure, (axes,) = panes(1, (5.2, 3.6))
        happened, others = chances[labels == 1], chances[labels == 0]
        edges = np.linspace(0, max(float(np.quantile(chances, 0.995)), 0.02), 41)
        for values, colour, name in ((others, OTHERS, "without the outcome"), (happened, OUTCOME, "with it")):
            clipped = np.minimum(values, edges[-1])
            weights = np.full(len(values), 1 / max(len(values), 1))
            axes.hist(clipped, bins=edges, weights=weights, color=colour, alpha=0.65, label=name)
        _finish(axes, "chance given", "part of the group")
        axes.legend(loc="upper right")
        middle = float(np.median(happened))
        above = float(np.mean(others > middle))
        entitle(
            figure, f"Half of those with the outcome were given over {middle:.0%};\nso were {above:.0%} of the others"
        )
        return figure


def summary_figure(sample: Contributions, top: int = 12) -> Figure:
    """What moved the scores of a sample of rows: a dot for each, to the right when it raised the score."""
    with styled():
        strength = np.abs(sample.values).mean(axis=0)
        order = [at for at in np.argsort(-strength, kind="stable")[:top] if strength[at] > 0][::-1]
        figure, (axes,) = panes(1, (5.2, 1.1 + 0.27 * max(len(order), 3)))
        for row, at in enumerate(order):
            heights = row + _swarm(sample.values[:, at])
            colours = mpl.colormaps["coolwarm"](_ranks(sample.inputs[:, at]))
            axes.scatter(sample.values[:, at], heights, s=5, c=colours, lw=0, rasterized=True)
        axes.axvline(0, color=MUTED, lw=0.9)
        axes.set_yticks(range(len(order)), [sample.names[at] for at in order], color=INK)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("lowers the score      raises it\nblue: low, red: high,\ngrey: between or missing")
        entitle(figure, f"{sample.names[order[-1]]} moves the score most" if order else "Nothing moves the score")
        return figure


def importance_figure(sample: Contributions, top: int = 12) -> Figure:
    """How much of what moves the score each group of features carries."""
    with styled():
        totals: dict[str, float] = {}
        for group, strength in zip(sample.groups, np.abs(sample.values).mean(axis=0).tolist(), strict=True):
            totals[group] = totals.get(group, 0.0) + strength
        whole = sum(totals.values()) or 1.0
        ranked = sorted(totals.items(), key=lambda item: -item[1])[:top][::-1]
        figure, (axes,) = panes(1, (5.2, 1.1 + 0.27 * max(len(ranked), 3)))
        shares = [strength / whole for _, strength in ranked]
        axes.barh([name for name, _ in ranked], shares, color=MODEL, height=0.62)
        for row, share in enumerate(shares):
            axes.annotate(f"{share:.0%}", (share, row), (4, 0), textcoords="offset points", va="center", color=MUTED)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(_percent)
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_xlabel("part of what moves the score")
        entitle(figure, f"{ranked[-1][0]} carries {shares[-1]:.0%} of what moves the score")
        return figure


def svg(figure: Figure) -> str:
    """The picture as an SVG element without background, its texts left as text."""
    buffer = io.StringIO()
    with styled():
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def on_white(picture: str) -> str:
    """The SVG as a file of its own, which looks the same on a page of any colour."""
    return picture.replace("<svg ", '<svg style="background: white" ', 1)


def styled() -> Any:
    """The one look that all pictures have, as a context."""
    return mpl.rc_context(_STYLE)


def panes(count: int, size: tuple[float, float], *, vertical: bool = False) -> tuple[Figure, tuple[Any, ...]]:
    """A picture, and so many coordinate systems in it."""
    figure = Figure(figsize=size, layout="constrained")
    shape = {"nrows": count, "height_ratios": [3, 1]} if vertical else {"ncols": count}
    return figure, tuple(figure.subplots(squeeze=False, **shape).ravel())


def _finish(axes: Any, along: str, upward: str) -> None:
    axes.set_xlabel(along)
    axes.set_ylabel(upward)
    axes.xaxis.set_major_formatter(_percent)
    axes.yaxis.set_major_formatter(_percent)


def _percent(value: float, _position: int) -> str:
    return f"{100 * value:.3g}%"


def entitle(figure: Figure, finding: str) -> None:
    """Put what it shows over the picture."""
    figure.suptitle(finding, x=0.015, ha="left", fontsize=11.5, fontweight="bold", color=INK)


def _curves(labels: Outcomes, scores: Mapping[str, Floats]) -> Iterator[tuple[str, Floats, Floats, dict[str, Any]]]:
    """For each system its name, parts of the cohort, parts of the outcomes they hold, and how its line looks."""
    for (name, values), colour in zip(scores.items(), (MODEL, *_RULES), strict=False):
        width, order = (2.2, 3) if colour == MODEL else (1.3, 2)
        yield name, *_thinned(*_gains(labels, values)), {"color": colour, "lw": width, "zorder": order}


def _held_by_a_tenth(labels: Outcomes, scores: Mapping[str, Floats]) -> float:
    share, held = _gains(labels, next(iter(scores.values())))
    return float(np.interp(0.1, share, held))


def _gains(labels: Outcomes, scores: Floats) -> tuple[Floats, Floats]:
    """Parts of the rows and of the outcomes, at the ends of ties only, so that the order of equals does not matter."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    held = np.cumsum(labels[order].astype(np.float64))[ends] / (float(labels.sum()) or 1.0)
    return np.append(0.0, (ends + 1) / len(labels)), np.append(0.0, held)


def _thinned(share: Floats, held: Floats) -> tuple[Floats, Floats]:
    """The curve at 200 places, closer together where few rows are taken."""
    places = np.linspace(0, 1, 200) ** 2
    return places, np.interp(places, share, held)


def _ranks(inputs: npt.NDArray[np.float32]) -> Floats:
    """Each value's rank from 0 to 1; a missing one stands in the middle, which is grey."""
    known = ~np.isnan(inputs)
    ranks = np.full(len(inputs), 0.5)
    distinct, place = np.unique(inputs[known], return_inverse=True)
    ranks[known] = place / max(len(distinct) - 1, 1)
    return ranks


def _swarm(values: Floats) -> Floats:
    """Small heights that spread crowded dots: equal values alternate above and below."""
    if not np.ptp(values):
        return np.zeros(len(values))
    bins = np.clip(((values - values.min()) / np.ptp(values) * 60).astype(int), 0, 59)
    heights = np.zeros(len(values))
    for number in np.unique(bins):
        inside = np.flatnonzero(bins == number)
        steps = (np.arange(len(inside)) + 1) // 2 * np.where(np.arange(len(inside)) % 2, 1, -1)
        heights[inside] = steps / max(len(values) / 12, len(inside) / 0.8)
    return heights
