"""How seconds grow with events, features and cutoffs, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from .work import USUAL, short

LOOKS = {
    "limner": ("#c2410c", "o", "Limner, from its store"),
    "limner raw": ("#f59e0b", "s", "Limner, from the raw file"),
    "scan": ("#6b7280", "x", "the raw file decoded, nothing else"),
    "duckdb sorted": ("#7c3aed", "v", "DuckDB, from a sorted file"),
    "duckdb": ("#4338ca", "^", "DuckDB"),
    "polars": ("#0891b2", "D", "polars"),
    "pandas": ("#15803d", "P", "pandas"),
    "spark": ("#111827", "*", "Spark SQL"),
}
"""Colour, mark and name of the systems that are drawn."""
USUAL_SIZE = 10_000_000
PANELS = {
    "n_events": ("events", {"n_cutoffs": 1, "n_features": USUAL}),
    "n_features": ("features", {"n_events": USUAL_SIZE, "n_cutoffs": 1}),
    "n_cutoffs": ("cutoffs", {"n_events": USUAL_SIZE, "n_features": USUAL}),
}
"""What is on the axis, and what stays as it is."""
STYLE = {
    "svg.hashsalt": "limner",
    "svg.fonttype": "none",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(rows: Sequence[dict[str, Any]], folder: Path, suffix: str = "svg") -> Path:
    """The file of the picture, in the folder."""
    timed = [row for row in rows if "seconds" in row and row["system"] in LOOKS]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, len(PANELS), figsize=(11, 5.2), sharey=True)
        for axis, (grows, (what, fixed)) in zip(axes, PANELS.items(), strict=True):
            _panel(axis, [row for row in timed if all(row[name] == one for name, one in fixed.items())], grows)
            axis.set_xlabel(what)
            axis.set_title(_title(fixed), fontsize=10, color="#4b5563")
        axes[0].set_ylabel("seconds")
        axes[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        drawn = [looks for system, looks in LOOKS.items() if any(row["system"] == system for row in timed)]
        handles = [plt.Line2D([], [], color=one, marker=mark, label=name) for one, mark, name in drawn]
        figure.legend(handles=handles, loc="lower center", ncols=4, frameon=False)
        figure.tight_layout(rect=(0, 0.14, 1, 1))
        path = folder / f"features.{suffix}"
        figure.savefig(path, dpi=110, metadata={"Date": None} if suffix == "svg" else None)
        plt.close(figure)
    return path


def _panel(axis: Any, rows: Sequence[dict[str, Any]], grows: str) -> None:
    axis.set_xscale("log")
    axis.set_yscale("log")
    for system, (colour, mark, _) in LOOKS.items():
        points = sorted((row[grows], row["seconds"]) for row in rows if row["system"] == system)
        axis.plot(*zip(*points, strict=True) if points else ([], []), color=colour, marker=mark, linewidth=1.6)
    ticks = sorted({row[grows] for row in rows})
    axis.set_xticks(ticks, [short(one) if grows == "n_events" else str(one) for one in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.margins(x=0.12)
    axis.grid(visible=True, which="major", color="#e5e7eb")


def _title(fixed: dict[str, int]) -> str:
    told = {
        "n_events": lambda one: f"{short(one)} events",
        "n_cutoffs": lambda one: f"{one} cutoff{'s' * (one > 1)}",
        "n_features": lambda one: f"{one} features",
    }
    return ", ".join(told[name](one) for name, one in fixed.items())
