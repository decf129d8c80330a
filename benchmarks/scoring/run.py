"""Limner beside its rivals on the same models and rows: rows per second, ratios, memory and differences.

Every system has one thread and a process of its own, and all take turns, so that a busy machine is busy for each.

Example: python -m benchmarks.scoring.run --rows 1000000 --repeats 5
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from .systems import N_REASONS, REFERENCES, WORKS, System
from .world import SIZES, write_model, write_rows

RESULTS = Path(__file__).parent.parent / "results"
RIVALS = Path("data/benchmarks/rivals/rivals-scoring/bin/python")
BUCKET = 16_384
"""Rows at a time, as the buckets of a store come."""
COMPARED = 500

HOW_TO_READ = """\
# Scoring and explaining, beside LightGBM and shap

Medians of {repeats} runs in which the systems take turns, each with one thread in a process of its own; lleaves and
woodelf, which take long to get ready, have one turn. Rates are rows per second of processor time; those of the slow
systems are taken from fewer rows (the last column) and stand for a full run. Compare ratios, not rates: the machine
was shared. The difference is the largest from LightGBM's own answer; of reasons, the share of rows whose three differ.
Ready is from the model's text to the first {compared} rows answered, imports included, and is no part of the rate. For
such models shap asks LightGBM's `pred_contrib`, so the two are one.

{table}

Left out:

{left_out}
"""

Row = dict[str, Any]

LEFT_OUT: list[str] = []
"""What a rival could not do, and what it said."""


def one(folder: Path, size: str, work: str, system: str, n_rows: int) -> Row:
    """Rows per second of a system in this process, what it took to get ready, its peak memory; results are written."""
    chosen = WORKS[work][system]
    X = np.load(folder / "rows.npy", mmap_mode="r")[: min(n_rows, chosen.most_rows)]
    text = _model(folder, size).read_text()
    started = time.perf_counter()
    score = chosen.ready(text)
    first = score(np.array(X[:COMPARED]))  # what is compiled or tabled is so now
    ready = time.perf_counter() - started
    np.save(_found(folder, work, system), first)
    seconds = 0.0
    for start in range(0, len(X), BUCKET):
        bucket = np.array(X[start : start + BUCKET])
        begun = time.process_time()
        score(bucket)
        seconds += time.process_time() - begun
    return {"rows_per_second": len(X) / seconds, "ready": ready, "peak_mb": _peak_mb(), "rows": len(X)}


def measured(folder: Path, size: str, n_rows: int, repeats: int) -> list[Row]:
    """The rows of one model: medians over the repeats, in each of which the systems take turns."""
    runs: dict[tuple[str, str], list[Row]] = {(work, system): [] for work, of in WORKS.items() for system in of}
    for turn in range(repeats):
        for (work, system), found in runs.items():
            if turn == 0 or (found and not WORKS[work][system].one_turn):
                found.extend(_turn(folder, size, work, system, n_rows))
    own = {work: found for (work, system), found in runs.items() if system == "limner"}
    return [
        {
            "work": f"{work}, {size}",
            "system": system,
            "rows_per_second": round(_median(found, "rows_per_second"), 1),
            "ratio_to_limner": _ratio(found, own[work]),
            "peak_mb": round(_median(found, "peak_mb")),
            "max_difference": difference(folder, work, system),
            "ready": round(_median(found, "ready"), 1),
            "rows": found[0]["rows"],
        }
        for (work, system), found in runs.items()
        if found
    ]


def difference(folder: Path, work: str, system: str) -> float:
    """The largest difference from LightGBM's own answer; of reasons, the share of rows that have others."""
    found, expected = (np.load(_found(folder, work, name)) for name in (system, REFERENCES[work]))
    if work == "three reasons":
        return float((found[:, :N_REASONS] != expected[:, :N_REASONS]).any(axis=1).mean())
    return float(np.abs(found - expected).max())


def table(rows: list[Row]) -> str:
    """The rows as people read them."""
    lines = [
        "| work | system | Limner is faster by | rows per second | peak MB | difference | ready after | rows timed |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        told = (
            f"{1 / row['ratio_to_limner']:.1f}x",
            f"{row['rows_per_second']:,.0f}",
            f"{row['peak_mb']:,}",
            f"{row['max_difference']:.1e}" if row["max_difference"] else "0",
            f"{row['ready']:.1f} s",
            f"{row['rows']:,}",
        )
        lines.append(f"| {row['work']} | {row['system']} | {' | '.join(told)} |")
    return "\n".join(lines)


def report(rows: list[Row], repeats: int) -> str:
    """The table, with how to read it."""
    return HOW_TO_READ.format(
        repeats=repeats, compared=COMPARED, table=table(rows), left_out="\n".join(f"- {one}" for one in LEFT_OUT)
    )


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES)[:3])
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks/scoring"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        size, work, system = asked.one
        print(json.dumps(one(asked.folder, size, work, system, asked.rows)))
        return
    rows: list[Row] = []
    for size in asked.sizes:
        prepared(asked.folder, size, asked.rows)
        rows += measured(asked.folder, size, asked.rows, asked.repeats)
        write(asked.results, rows, asked.repeats)
        print(table(rows), file=sys.stderr)
    print(report(rows, asked.repeats))


def write(folder: Path, rows: list[Row], repeats: int) -> None:
    """Write the results, for programs and for people."""
    folder.mkdir(exist_ok=True)
    plain = [{key: value for key, value in row.items() if key not in {"ready", "rows"}} for row in rows]
    (folder / "scoring.json").write_text(json.dumps(plain, indent=1) + "\n")
    (folder / "scoring.md").write_text(report(rows, repeats))


def prepared(folder: Path, size: str, n_rows: int) -> None:
    """The folder with the rows and the model, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "rows.npy").exists() or len(np.load(folder / "rows.npy", mmap_mode="r")) < n_rows:
        write_rows(folder / "rows.npy", n_rows)
    if not _model(folder, size).exists():
        write_model(_model(folder, size), SIZES[size])


def _turn(folder: Path, size: str, work: str, system: str, n_rows: int) -> list[Row]:
    """What the system did in a process of its own; nothing, and why, where a rival cannot do the work."""
    chosen = WORKS[work][system]
    asked = ["--folder", str(folder), "--rows", str(n_rows), "--one", size, work, system]
    command = [_python(chosen), "-W", "ignore", "-m", "benchmarks.scoring.run", *asked]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    if shown.returncode == 0:
        return [json.loads(shown.stdout.splitlines()[-1])]
    why = shown.stderr.strip().splitlines()[-1]
    if not chosen.is_rival:
        raise SystemExit(f"{system}: {why}")
    LEFT_OUT.append(f"{system}, {work}, {size}: {why}")
    return []


def _python(system: System) -> str:
    return str(RIVALS.absolute()) if system.is_rival else sys.executable


def _peak_mb() -> int:
    """Of this process alone: what `resource` tells begins with the parent's."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0]) // 1024


def _ratio(found: list[Row], own: list[Row]) -> float:
    """The median over the repeats of the rate over Limner's in the same turn."""
    turns = zip(found, own, strict=False)
    return float(f"{statistics.median(one['rows_per_second'] / two['rows_per_second'] for one, two in turns):.4g}")


def _median(found: list[Row], key: str) -> float:
    return float(statistics.median(row[key] for row in found))


def _model(folder: Path, size: str) -> Path:
    return folder / f"{''.join(letter if letter.isalnum() else '-' for letter in size)}.txt"


def _found(folder: Path, work: str, system: str) -> Path:
    return folder / f"{work} {system}.npy"


if __name__ == "__main__":
    main()
