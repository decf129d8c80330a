"""The results, kept for programs and written for people; and what every script of the benchmark does when called."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from .contest import OWN
from .results import DRAWS, LOW_IS_GOOD, Row
from .world import AbsentError

__all__ = ["main_of"]

RESULTS = Path(__file__).parent.parent / "results"
PATH = RESULTS / "quality.json"

HOW_TO_READ = """\
# Scores, beside what people would use instead

Every system learns from the same rows and is judged on the same later rows; but for two that make their own, all read
the features that Limner made. Intervals hold 95 % of {draws} draws of users; "Limner is ahead by" is paired on the same
draws, and *behind* says that Limner lost. Seconds are of one processor, from the rows to the scores. Limner is what the
product publishes: its search, of two trials, its choice between model and rule, its calibration; `plain lightgbm` is
untuned, as is `logistic regression`, on logarithms of numbers. AutoGluon (best quality) and FLAML had as many seconds
by the clock as is said under each table, on a machine that others used: compare seconds of the processor.
`getml + lightgbm` and `featuretools + lightgbm` had the log itself, a table for each type of event, with Limner's
windows and what a trigger tells of itself. getML's FastProp and deep feature synthesis made features of it by
themselves, also of the three commonest values of a category apart, and LightGBM learned from them as `plain lightgbm`
does. Their seconds are of both; Limner's, as those of the others, leave out its own features. In CoIL 2000 no event
comes before the question, so that they are not there.
Calibration excess is the expected calibration error of Limner's chances less that of perfect chances on as many rows.
Absolute errors are of the medians that are told (of plain LightGBM: fitted to them), all else of what is expected.
Figures known before come from the places named under each table. A rival that was measured on another day than Limner
is said to have been: it had the same rows, and Limner is ahead of it by the difference of the values, without interval.
"""

Told = dict[str, Any]
COUNTED = {"found_in_top_fifth"}
"""Measures that are whole numbers."""


def main_of(dataset: str, run: Callable[[int], list[Row]], about: str) -> None:
    """Run a data set's tasks, print its tables and put its rows into the results; say so where the data is absent."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument(
        "--budget", type=int, default=60, help="seconds for each rival that searches by itself; 0: none"
    )
    parser.add_argument("--only", choices=[OWN], help="keep what the results hold of rivals that search by themselves")
    asked = parser.parse_args()
    try:
        rows = [row.as_dict() for row in run(0 if asked.only else asked.budget)]
    except AbsentError as absent:
        print(f"{dataset}: skipped, for {absent}", file=sys.stderr)
        return
    known = json.loads(PATH.read_text()) if PATH.exists() else []
    if asked.only:
        rows = list(beside_known(rows, [row for row in known if row["dataset"] == dataset]))
    print(tables(rows))
    written(dataset, rows, known)


def beside_known(rows: list[Told], known: list[Told]) -> Iterator[Told]:
    """The rows, and after those of a task and measure what is known of rivals that were not run.

    Their scores are not kept, so that nothing is paired: Limner is ahead by the difference of two values.
    """
    ran = {(row["task"], row["system"]) for row in rows}
    for (task, metric), of in groupby(rows, key=lambda row: (row["task"], row["metric"])):
        inside = list(of)
        own = next((row["value"] for row in inside if row["system"] == OWN), None)
        sign = -1.0 if metric in LOW_IS_GOOD else 1.0
        yield from inside
        for row in known:
            if (row["task"], row["metric"]) == (task, metric) and (task, row["system"]) not in ran:
                ahead = None if own is None or row["value"] is None else sign * (own - row["value"])
                yield {**row, "ahead": ahead, "ahead_low": None, "ahead_high": None}


def written(dataset: str, rows: list[Told], known: list[Told]) -> None:
    """Put the data set's rows in the place of its older ones among the known."""
    together = sorted([row for row in known if row["dataset"] != dataset] + rows, key=lambda row: row["dataset"])
    PATH.write_text(json.dumps(together, indent=1) + "\n")
    head = HOW_TO_READ.format(draws=DRAWS)
    (RESULTS / "quality.md").write_text(f"{head}\n{tables(together)}\n")


def tables(rows: list[Told]) -> str:
    """A table for each task, as people read it."""
    return "\n\n".join(_table(list(of)) for _, of in groupby(rows, key=lambda row: (row["dataset"], row["task"])))


def _table(rows: list[Told]) -> str:
    first = rows[0]
    lines = [
        f"## {first['dataset']}: {first['task']}\n",
        f"{first['cutoffs']}; {first['rows']:,} rows, {first['positives']:,} with the outcome.\n",
        "| measure | system | value | interval | Limner is ahead by | interval | known before | seconds |",
        "|---|---|---:|---|---:|---|---:|---:|",
        *(_line(row) for row in rows),
    ]
    sources = dict.fromkeys(
        f"- {row['published']:g}, {row['system']}: {row['source']}" for row in rows if row["source"]
    )
    told = dict.fromkeys(f"- {row['system']}: {_about(row, first['measured'])}" for row in rows if row["about"])
    return "\n".join([*lines, "", *sources, *told])


def _about(row: Told, today: str) -> str:
    """What is said of a row, and when it was measured where that was on another day than the table's first."""
    told = str(row["about"])
    return told if row["measured"] == today else f"{told}; measured on {row['measured']} beside an earlier Limner"


def _line(row: Told) -> str:
    published, seconds = row["published"], row["seconds"]
    told = [
        row["metric"].replace("_", " "),
        row["system"],
        _number(row, "value"),
        _between(row, "low", "high"),
        _number(row, "ahead"),
        f"{_between(row, 'ahead_low', 'ahead_high')} {_verdict(row['ahead_low'], row['ahead_high'])}".strip(),
        "" if published is None else f"{published:g}",
        f"{seconds:,.1f}" if seconds else "",
    ]
    return f"| {' | '.join(told)} |"


def _verdict(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return "ahead" if low > 0 else "*behind*" if high < 0 else "level"


def _number(row: Told, key: str) -> str:
    if row[key] is None:
        return ""
    return f"{row[key]:.0f}" if row["metric"] in COUNTED else f"{row[key]:.4f}"


def _between(row: Told, low: str, high: str) -> str:
    return "" if row[low] is None else f"{_number(row, low)} to {_number(row, high)}"
