"""A night at scale, stage by stage: ingest years of events, add days, score and explain everybody.

Example: python -m benchmarks.nightly.run --millions 10 --users 100000 --days 3
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .world import World

RESULTS = Path(__file__).parent.parent / "results"
SETTLED = 3
"""Seconds that files stand before they are ingested: younger ones are read again the next time, and few ever are."""
YEAR_DAYS = 365

Row = dict[str, Any]


def staged(world: World, stage: str, *, kill_after: float | None = None) -> Row:
    """What a stage told; killed after so many seconds, if any, it tells nothing and is begun again."""
    command = [sys.executable, "-m", "benchmarks.nightly.stages", stage, str(world.folder)]
    if kill_after is not None:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
        print(f"{stage}: killed after {kill_after:.0f} s, exit {process.wait()}", file=sys.stderr)
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    if shown.returncode:
        raise SystemExit(f"{stage}: {shown.stderr.strip()}")
    return json.loads(shown.stdout.splitlines()[-1])


def night(world: World, days: int, *, kill_after: float | None) -> list[Row]:
    """The stages in turn, each a row."""
    shutil.rmtree(world.folder / "store", ignore_errors=True)
    if not world.config.exists():
        world.write()
        time.sleep(SETTLED)
    first = "ingest the history" if kill_after is None else "go on with a killed ingestion"
    rows = [{"stage": first, **staged(world, "ingest", kill_after=kill_after)}]
    rows.append({"stage": "make up a champion", **staged(world, "champion")})
    rows.append({"stage": "score, first run", **staged(world, "score")})
    for day in range(days):
        world.write_day(day)
        rows.append({"stage": f"ingest day {day + 1}", **staged(world, "ingest")})
        rows.append({"stage": f"score day {day + 1}", **staged(world, "score")})
    return rows


def table(title: str, rows: list[Row]) -> str:
    """The rows as people read them."""
    whole = rows[0]["processor_seconds"]
    lines = [
        f"## {title}\n",
        "| stage | rows | processor s | of the build | seconds | rows/s | peak MB | own MB | older files rewritten |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        n, share = row.get("rows") or 0, row["processor_seconds"] / whole
        told = [row["stage"], f"{n:,}", f"{row['processor_seconds']:.1f}", f"{share:.2%}", f"{row['seconds']:.1f}"]
        told += [f"{n / row['seconds']:,.0f}", f"{row['peak_mb']:,}", f"{row['peak_own_mb']:,}"]
        lines.append(f"| {' | '.join([*told, str(row.get('files_gone', ''))])} |")
    return "\n".join(lines)


def main() -> None:
    """Run the night and write its results beside those of other sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, default=10, help="events of the history")
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--years", type=int, default=2, help="how far they reach back")
    parser.add_argument("--days", type=int, default=3, help="days that are added one by one")
    parser.add_argument("--buckets", type=int, help="one for 2.5 million events when left out")
    parser.add_argument("--within", help="score only those with an event in that time, such as 56d")
    parser.add_argument("--kill", action="store_true", help="kill the first ingestion half-way and let it go on")
    parser.add_argument("--keep", action="store_true", help="leave the log and the store where they are")
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks/nightly"))
    asked = parser.parse_args()
    buckets = asked.buckets or max(1, asked.millions * 2 // 5)
    world = World(asked.folder, asked.millions * 1_000_000, asked.users, asked.years * YEAR_DAYS, buckets, asked.within)
    kill_after = random.Random(7).uniform(2, 4) * asked.millions if asked.kill else None
    rows = night(world, asked.days, kill_after=kill_after)
    reach = {2: "two"}.get(asked.years, str(asked.years))
    title = f"{asked.millions} M events over {reach} years, {asked.users:,} users, {buckets} buckets"
    title += f", scored within {asked.within}" if asked.within else ""
    _write(title, rows)
    print(table(title, rows))
    if not asked.keep:
        shutil.rmtree(asked.folder)


def _write(title: str, rows: list[Row]) -> None:
    path = RESULTS / "nightly.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known[title] = rows
    path.write_text(json.dumps(known, indent=1) + "\n")
    told = "\n\n".join(table(one, found) for one, found in known.items())
    RESULTS.joinpath("nightly.md").write_text(f"# A night at scale\n\n{_ABOUT}\n\n{told}\n")


_ABOUT = """\
Each stage is a process of its own, which starts, reads, works and commits; seconds are those within it, imports and
compiling included. Peak memory counts mapped files, which the system may drop at any time; own memory does not. The
made-up champion has 500 trees of depth 6, and every scored row has three reasons in words. Of an ingestion that was
killed only what came after is counted, so that parts of the build look larger than they are. The nights of 50 M and of
200 M events were run beside other work, so that their seconds say less than their processor seconds; that of 200 M came
before source files that stood still were told apart without reading them. Only the day beside 50 M events was ingested
since small deliveries were made cheap. Where only those are scored who did something lately, a night reads the latest
events and what is remembered of those before, and costs the same beside two years and beside eight; where anybody who
ever did is scored, it reads the whole log."""


if __name__ == "__main__":
    main()
