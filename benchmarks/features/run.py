"""Limner beside its rivals on the same features of the same log: seconds, ratios, memory and one checksum.

Results of other works and systems than those that are asked for are kept, so that a run can be continued in pieces.

Example: python -m benchmarks.features.run --millions 1 10 --cutoffs 1 12 --systems limner duckdb
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from . import growth
from .report import Row, in_order, report, verdict, with_ratios
from .systems import MILLION, SYSTEMS, python_of, versions
from .watch import Limits, watched
from .work import PLAIN, SHAPES, USUAL, Work, short
from .world import by_user

RESULTS = Path(__file__).parent.parent / "results"
CHECKED = 20_000
SMALL = 100_000
"""Events of the log that the slowest rival can do."""
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Bench:
    """Where the logs and the rivals are, and how each system is run."""

    folder: Path
    rivals: Path
    repeats: int
    limits: Limits
    versions: dict[str, str]

    def measured(self, work: Work, name: str) -> Row:
        """A row of the results: seconds, memory and checksum of a system, or why there are none."""
        system, row = SYSTEMS[name], {"work": work.name, "system": name, **asdict(work)}
        if system.library not in self.versions:
            return row | {"failed": "not installed here"}
        if work.n_events * work.n_cutoffs > system.most:
            return row | {"failed": f"not asked: its most is {short(system.most)} events times cutoffs"}
        if system.python == "limner" or name == "scan":
            self._ingested(work)
        repeats = 0 if system.is_cold else self.repeats
        numbers = [work.n_events, work.n_cutoffs, work.n_features, repeats]
        arguments = [str(self.log(work)), name, *map(str, numbers), str(self.limits.seconds)]
        command = [str(python_of(system, self.rivals)), "-W", "ignore", "-m", "benchmarks.features.one", *arguments]
        with TemporaryDirectory() as nothing:
            caches = {"XDG_CACHE_HOME": nothing} if system.is_cold else {}
            found = watched(command, _environment(system.python == "limner") | caches, self.limits)
        if not found.line or found.failed.startswith("failed"):
            return row | {"failed": found.failed, "peak_mb": found.peak_mb}
        told = json.loads(found.line)  # of a system that was ended, what it had done by then
        peak_mb, load = max(found.peak_mb, told["peak_mb"]), round(os.getloadavg()[0], 1)
        return row | told | {"peak_mb": peak_mb, "version": self.versions[system.library], "load": load}

    def log(self, work: Work) -> Path:
        """The folder of a log's files, which are written if they are not there."""
        folder = self.folder / short(work.n_events)
        if not by_user(folder).exists():
            self._elsewhere("world", f"write_events(Path({str(folder)!r}), {work.n_events}, {work.n_users})")
        return folder

    def _ingested(self, work: Work) -> None:
        folder = self.log(work)
        if not (folder / "store" / "published").exists():
            self._elsewhere("limner_system", f"ingested(Path({str(folder)!r}), 'store', {work!r})")

    def _elsewhere(self, module: str, call: str) -> None:
        """Have another process do what the works begin with, so that this one stays small."""
        print(call, file=sys.stderr)
        command = [sys.executable, "-c", f"from benchmarks.features.{module} import *; {call}"]
        done = watched(command, _environment(True), Limits(3_600, self.limits.gigabytes))
        if done.failed:
            raise SystemExit(done.failed)


def works(millions: Sequence[int], cutoffs: Sequence[int], features: Sequence[int]) -> Iterator[Work]:
    """The works: all sizes and cutoffs with the usual features, the plain ones of small logs, others of the middle."""
    sizes = sorted(one * MILLION for one in millions)
    for n_features in features:
        if n_features == USUAL:
            yield from (Work(size, one) for size in sizes for one in cutoffs)
        elif n_features == PLAIN:
            yield from (Work(size, 1, PLAIN) for size in (SMALL, sizes[0]))
        else:
            yield Work(sizes[len(sizes) // 2], 1, n_features)


def main() -> None:
    """Run what is asked for and write the results."""
    asked = _asked()
    bench = Bench(
        asked.folder, asked.rivals, asked.repeats, Limits(asked.limit, asked.gigabytes), versions(asked.rivals)
    )
    if asked.check:
        checked(bench, asked.systems)
        return
    rows = _known()
    for work in works(asked.millions, asked.cutoffs, asked.features):
        for name in asked.systems:
            if SYSTEMS[name].is_for(work):
                row = bench.measured(work, name)
                print(row, file=sys.stderr)
                same = (row["work"], row["system"])
                rows = in_order([*(one for one in rows if (one["work"], one["system"]) != same), row])
                _write(with_ratios(rows))
    print(report(rows))


def checked(bench: Bench, systems: Sequence[str]) -> None:
    """Run every system on a small log, and exit with 1 unless all checksums agree."""
    rows: list[Row] = []
    once = replace(bench, repeats=0, limits=replace(bench.limits, seconds=3 * bench.limits.seconds))
    for work in (Work(CHECKED, 2), Work(CHECKED, 1, PLAIN), Work(CHECKED, 1, 30), Work(CHECKED, 1, 300)):
        for name in systems:
            is_slow = SYSTEMS[name].is_cold or (name == "spark" and work.n_features != USUAL)
            if SYSTEMS[name].is_for(work) and not is_slow:
                rows.append(once.measured(work, name))
                print(rows[-1], file=sys.stderr)
    verdicts = list(map(verdict, with_ratios(rows)))
    print("\n".join(f"{row['work']:<36}{row['system']:<20}{one}" for row, one in zip(rows, verdicts, strict=True)))
    if wrong := [one for one in verdicts if not one.startswith(("agrees", "reads", "not installed"))]:
        raise SystemExit(f"{len(wrong)} of {len(rows)} are wrong")


def _known() -> list[Row]:
    """The results that are there of what is still asked for."""
    path = RESULTS / "features.json"
    rows = json.loads(path.read_text()) if path.exists() else []
    return [row for row in rows if row["system"] in SYSTEMS and row["n_features"] in SYSTEMS[row["system"]].features]


def _write(rows: list[Row]) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "features.json").write_text(json.dumps(rows, indent=1) + "\n")
    (RESULTS / "features.md").write_text(report(rows))
    growth.draw(rows, RESULTS)


def _environment(is_limner: bool) -> dict[str, str]:
    """Two threads for everybody; the rivals' python sees nothing of Limner."""
    threads = {"POLARS_MAX_THREADS": "2", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "2"}
    paths = [str(ROOT), *([os.environ["PYTHONPATH"]] if is_limner and "PYTHONPATH" in os.environ else [])]
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths)}


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 10, 50], help="events of the logs")
    parser.add_argument("--cutoffs", type=int, nargs="+", default=[1, 12])
    parser.add_argument("--features", type=int, nargs="+", default=[USUAL, 30, 300, PLAIN], choices=SHAPES)
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--repeats", type=int, default=5, help="after the first run, of which the median counts")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds a system may take for all its runs")
    parser.add_argument("--gigabytes", type=float, default=12.0, help="memory a system may take")
    parser.add_argument("--check", action="store_true", help="compare all checksums on a small log, in two minutes")
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks/features"))
    parser.add_argument("--rivals", type=Path, default=Path(os.environ.get("LIMNER_RIVALS", "data/benchmarks/rivals")))
    return parser.parse_args()


if __name__ == "__main__":
    main()
