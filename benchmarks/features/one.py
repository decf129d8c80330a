"""One system at one work, in a process of its own; needs neither Limner nor the other systems."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .systems import SYSTEMS
from .work import Part, Run, Work, checksum

PATIENCE = 25.0
"""Seconds of repeats after which there are no more of them."""


def main() -> None:
    """Run what the arguments say, and print what was found as a line of JSON."""
    folder, name, *numbers, limit = sys.argv[1:]
    n_events, n_cutoffs, n_features, repeats = map(int, numbers)
    found = _timed(Path(folder), name, Work(n_events, n_cutoffs, n_features), repeats, time.monotonic() + float(limit))
    print(json.dumps(found | {"peak_mb": _peak_mb()}))


def _timed(folder: Path, name: str, work: Work, repeats: int, ends: float) -> dict[str, Any]:
    """Median seconds of the quickest variant; what its first run took, which compiles and warms, is told apart."""
    system = SYSTEMS[name]
    tried: dict[str, tuple[float, int, float]] = {}
    variants = system.variants(folder, work)
    for variant, run in variants.items():
        if not tried or _remains(ends, min(seconds for seconds, _, _ in tried.values())):
            tried[variant] = _first(run, None if system.is_floor else work)
    best = min(tried, key=lambda variant: tried[variant][0])
    first, n_rows, summed = tried[best]
    seconds: list[float] = []
    while len(seconds) < repeats and sum(seconds) < PATIENCE and _remains(ends, max([first, *seconds])):
        seconds.append(_again(variants[best], work))
    return {
        "variant": best,
        "tried": list(tried),
        "seconds": statistics.median(seconds or [first]),
        "runs": len(seconds) or 1,
        "first_seconds": first,
        "rows": n_rows,
        "checksum": None if system.is_floor else summed,
    }


def _first(run: Run, work: Work | None) -> tuple[float, int, float]:
    """Seconds without the checksum, rows and the checksum of a run, each part of which is dropped once it is summed."""
    summing = 0.0
    started = time.perf_counter()
    n_rows, total = 0, 0.0
    for part in run():
        if work is not None:
            paused = time.perf_counter()
            rows, summed = checksum([part], work.columns)
            n_rows, total = n_rows + rows, total + summed
            summing += time.perf_counter() - paused
    return time.perf_counter() - started - summing, n_rows, total


def _again(run: Run, work: Work) -> float:
    """Seconds of a run: one cutoff's result is held as a whole, of several each part is dropped once it is there."""
    started = time.perf_counter()
    held = list(_kept(run(), work.n_cutoffs == 1))
    seconds = time.perf_counter() - started
    del held
    return seconds


def _kept(parts: Iterator[Part], is_kept: bool) -> Iterator[Part]:
    for part in parts:
        if is_kept:
            yield part


def _remains(ends: float, seconds: float) -> bool:
    return time.monotonic() + 1.2 * seconds < ends


def _peak_mb() -> int:
    """Of this process alone: what `resource` tells begins with the parent's."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0]) // 1024


if __name__ == "__main__":
    main()
