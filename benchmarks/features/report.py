"""The results as people read them: a table for each work, with what it is and who was left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from .one import A_WHILE, PATIENCE
from .systems import SYSTEMS
from .work import PLAIN, USUAL

Row = dict[str, Any]
TOLERANCE = 1e-6
"""Relative difference of two checksums that rounding to float32 explains."""
RATIOS = {"ratio_to_limner": "limner", "ratio_to_raw": "limner raw"}
FLOORS = {"raw": "scan", "sorted": "scan", "store": "scan of the store"}

HOW_TO_READ = """\
# Features, beside everything else that makes them

Every work is features of a generated log: power-law users, one for every 100 events, 8 types of event, 20 categories,
5 channels, two years. There is a row for each user seen before each monthly cutoff, and for each window the events of
each type, sum, mean, least and largest amount bought, days with a purchase, the amount by category and purchases by
channel. 152 features are 4 windows of 38, 30 and 300 are 1 and 10 windows of 30 (12 categories), and 48 are the counts
and amounts of 4 windows alone, which is what tsfresh and FastProp can express.

- **Seconds** are the median of 5 runs in one process, of more where these take less than {a_while:.0f} s and of fewer
  where they take more than {patience:.0f} s ({runs}), from what the system starts with to the last value in memory. The
  *first run* is told apart, and counts only where there was time for no other: it compiles (Limner's kernel when it is
  new on the machine, Spark's queries) and fills the page cache.
- Where a system has several **forms**, each is tried, the quickest counts and is named. DuckDB and Spark: one aggregate
  for each feature, or bands between nested windows, added up. polars: in memory, or streaming. Sessions, plans and
  FastProp's fitting are not timed.
- **Ratios** are the seconds over those of Limner from its store, and from the raw file. *Times the scan* is over
  reading alone: the needed columns of the raw Parquet file decoded, or, for Limner from its store, its arrays summed.
- **Peak** is the resident memory of the process and all it started, mapped files and the compiler included. At one
  cutoff the whole result is held; at several each part, a bucket of Limner's or a cutoff of the others, is dropped once
  it is there.
- The **checksum** depends on every cell and is the same for all within {tolerance:g} of itself, or else says MISMATCH.
- All have two threads where they can use them, and {limit}.
  The load of the machine, which has two cores, was {load} while this was measured. Compare ratios, not seconds, and
  where the load is far above 2 not even ratios to better than a factor of two.

![Seconds against events, features and cutoffs](features.svg)

{tables}

## Who they are

{systems}

{left_out}
"""
LIMIT = "120 s and 12 GB for all runs at a work"


def with_ratios(rows: list[Row]) -> list[Row]:
    """The rows, each with its seconds over those of Limner and of its scan, and whether its checksum is another."""
    known = {(row["work"], row["system"]): row for row in rows if "seconds" in row}
    for row in rows:
        for stale in (*RATIOS, "ratio_to_scan", "mismatch"):
            row.pop(stale, None)
        if "seconds" not in row or SYSTEMS[row["system"]].is_cold:
            continue
        over = RATIOS | {"ratio_to_scan": FLOORS.get(SYSTEMS[row["system"]].starts, "")}
        for ratio, system in over.items():
            if base := known.get((row["work"], system)):
                row[ratio] = float(f"{row['seconds'] / base['seconds']:.4g}")
        if row["checksum"] is not None and not _agree(row, _first(rows, row["work"])):
            row["mismatch"] = True
    return rows


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The rows by work, the usual ones first, and system."""
    places = list(SYSTEMS)
    return sorted(
        rows,
        key=lambda row: (
            (row["n_features"] != USUAL, row["n_features"] == PLAIN, row["n_features"]),
            (row["n_events"], row["n_cutoffs"], places.index(row["system"])),
        ),
    )


def table(rows: Sequence[Row]) -> str:
    """The rows, a table for each work."""
    lines = []
    for work, of_work in groupby(rows, key=lambda row: row["work"]):
        lines += [f"\n## {work}\n", HEAD, *map(_line, of_work)]
    return "\n".join(lines).strip()


def verdict(row: Row) -> str:
    """What there is to say of a row's checksum, in a few words."""
    if "failed" in row:
        return str(row["failed"])
    if row["checksum"] is None:
        return "reads alone"
    return f"{'MISMATCH' if 'mismatch' in row else 'agrees'}: {row['checksum']:,.2f} of {row['rows']:,} rows"


def report(rows: Sequence[Row]) -> str:
    """All that is known, with how to read it."""
    runs = sorted({row["runs"] for row in rows if "runs" in row})
    loads = sorted(row["load"] for row in rows if "load" in row)
    versions = {SYSTEMS[row["system"]].library: row["version"] for row in rows if "version" in row}
    return HOW_TO_READ.format(
        runs=f"{runs[0]} to {runs[-1]}" if runs else "none",
        limit=LIMIT,
        a_while=A_WHILE,
        patience=PATIENCE,
        load=f"{loads[0]} to {loads[-1]}" if loads else "not known",
        tolerance=TOLERANCE,
        tables=table(rows),
        systems="\n".join(_told(name, versions) for name in SYSTEMS),
        left_out=LEFT_OUT,
    )


LEFT_OUT = """\
Rows without seconds say why there are none. Files that are sorted already are tried with the usual 152 features alone,
Spark besides with the plain 48; Featuretools, tsfresh and FastProp with a million events at most. The licence of
FastProp, Elastic License 2.0 of getML's community edition, allows this use."""
HEAD = """\
| system | times Limner | times Limner raw | times the scan | seconds | first run | peak MB | checksum |
|---|---:|---:|---:|---:|---:|---:|---|"""


def _line(row: Row) -> str:
    if "failed" in row:
        return f"| {row['system']} | | | | {row['failed']} | | {_peak(row)} | |"
    ratios = " | ".join(_times(row.get(name)) for name in (*RATIOS, "ratio_to_scan"))
    name = f"{row['system']} ({row['variant']})" if row["variant"] else row["system"]
    timed = f"{_seconds(row['seconds'])} | {_seconds(row['first_seconds'])}"
    return f"| {name} | {ratios} | {timed} | {_peak(row)} | {_checked(row)} |"


def _times(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:,.0f}x"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def _peak(row: Row) -> str:
    return f"{row['peak_mb']:,}" if "peak_mb" in row else ""


def _checked(row: Row) -> str:
    if row["checksum"] is None:
        return ""
    return f"{row['checksum']:,.2f}{' MISMATCH' * row.get('mismatch', False)}"


def _agree(one: Row, other: Row) -> bool:
    return one["rows"] == other["rows"] and math.isclose(one["checksum"], other["checksum"], rel_tol=TOLERANCE)


def _first(rows: Sequence[Row], work: str) -> Row:
    """The row that the others of the work are compared with: Limner's, if it is there."""
    found = [row for row in rows if row["work"] == work and row.get("checksum") is not None]
    return min(found, key=lambda row: row["system"] != "limner")


def _told(name: str, versions: dict[str, str]) -> str:
    system = SYSTEMS[name]
    version = versions.get(system.library, "")
    return f"- **{name}** {'' if system.library == 'limner' else version}: {system.what}.".replace(" :", ":")
