"""Limner beside its rivals on the same features of the same log: seconds, ratios, memory and one checksum.

Example: python -m benchmarks.features.run --millions 1 10 --cutoffs 1 12 --repeats 5
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .work import Work, checksum
from .world import write_events

RESULTS = Path(__file__).parent.parent / "results"
SYSTEMS = ("limner", "scan", "duckdb", "polars", "pandas")
SLOW = 120.0
"""Seconds after which a system is not run again."""


def measured(folder: Path, system: str, work: Work, repeats: int) -> dict[str, object]:
    """Median seconds of a system in a process of its own, its peak memory and its checksum."""
    arguments = [str(folder), system, str(work.n_events), str(work.n_users), str(work.n_cutoffs), str(repeats)]
    shown = subprocess.run(
        [sys.executable, "-m", "benchmarks.features.run", "--one", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode:
        return {"work": work.name, "system": system, "failed": shown.stderr.strip().splitlines()[-1]}
    return {"work": work.name, "system": system, **json.loads(shown.stdout.splitlines()[-1])}


def one(folder: Path, system: str, work: Work, repeats: int) -> dict[str, object]:
    """What `measured` reports, in this process; the first run, which compiles and warms, is told apart."""
    run, first_run = _runner(folder, system, work), time.perf_counter()
    found = run()
    first_seconds, seconds = time.perf_counter() - first_run, []
    while len(seconds) < repeats and sum(seconds) < SLOW:
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return {
        "seconds": statistics.median(seconds),
        "first_seconds": first_seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "checksum": found if isinstance(found, float) else checksum(found),
    }


def _runner(folder: Path, system: str, work: Work) -> Callable[[], object]:
    if system in {"limner", "scan"}:
        from limner.engines.store import Store
        from limner.events.log import EventLog

        from . import limner_system

        log = EventLog.open(Store(folder / "store"))
        if system == "scan":
            return lambda: float(limner_system.scanned(log) % 1_000_003)
        plan = limner_system.plan_of(log, work)
        return lambda: limner_system.computed(log, plan, work, threads=2)
    from .rivals import RIVALS

    return lambda: RIVALS[system](folder / "events.parquet", work)


def prepared(folder: Path, n_events: int, n_users: int) -> None:
    """The folder with the log as a raw file and ingested into a store, unless they are there."""
    from . import limner_system

    if not (folder / "events.parquet").exists():
        write_events(folder / "events.parquet", n_events, n_users)
    if not (folder / "store" / "published").exists():
        limner_system.ingested(folder, buckets=max(2, n_events // 2_500_000))


def with_ratios(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The rows, each with its seconds over those of Limner and of the scan of the same work."""
    base = {(row["work"], row["system"]): row["seconds"] for row in rows if "seconds" in row}
    for row in rows:
        for system in ("limner", "scan"):
            seconds = base.get((row["work"], system))
            if seconds and "seconds" in row:
                row[f"ratio_to_{system}"] = round(float(row["seconds"]) / float(seconds), 2)
    return rows


def _others(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The results that are there of other works."""
    path, works = RESULTS / "features.json", {row["work"] for row in rows}
    known = json.loads(path.read_text()) if path.exists() else []
    return [row for row in known if row["work"] not in works]


def table(rows: list[dict[str, object]]) -> str:
    """The rows as people read them."""
    lines = [
        "| work | system | ratio to Limner | ratio to the scan | seconds | peak MB | checksum |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if "failed" in row:
            lines.append(f"| {row['work']} | {row['system']} | | | {row['failed']} | | |")
            continue
        told = [f"{row.get('ratio_to_limner', '')}x", f"{row.get('ratio_to_scan', '')}x", f"{row['seconds']:.2f}"]
        lines.append(
            f"| {row['work']} | {row['system']} | {' | '.join(told)} | {row['peak_mb']} | {row['checksum']:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--cutoffs", type=int, nargs="+", default=[1, 12])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks"))
    parser.add_argument("--one", nargs=6, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        folder, system, *numbers = asked.one
        n_events, n_users, n_cutoffs, repeats = map(int, numbers)
        print(json.dumps(one(Path(folder), system, Work(n_events, n_users, n_cutoffs), repeats)))
        return
    rows = []
    for millions in asked.millions:
        n_events, folder = millions * 1_000_000, asked.folder / f"{millions}M"
        prepared(folder, n_events, n_events // 100)
        for n_cutoffs in asked.cutoffs:
            for system in SYSTEMS:
                rows.append(measured(folder, system, Work(n_events, n_events // 100, n_cutoffs), asked.repeats))
                print(rows[-1], file=sys.stderr)
    rows = with_ratios([*_others(rows), *rows])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "features.json").write_text(json.dumps(rows, indent=1) + "\n")
    (RESULTS / "features.md").write_text(table(rows) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
