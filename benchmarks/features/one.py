"""One system at one work, in a process of its own; needs neither Limner nor the other systems."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .systems import SYSTEMS, System
from .work import Part, Run, Work, checksum

PATIENCE = 15.0
"""Seconds of repeats after which there are no more of them."""
A_WHILE = 1.0
"""Seconds for which what is quick is repeated, however often: of milliseconds five runs say little."""


@dataclass(frozen=True)
class First:
    """What a run that is looked at took, without the looking, and found."""

    seconds: float
    rows: int
    checksum: float | None


def main() -> None:
    """Run what the arguments say, and print all that is known so far as a line of JSON, again and again."""
    folder, name, *numbers, limit = sys.argv[1:]
    n_events, n_cutoffs, n_features, repeats = map(int, numbers)
    work, ends = Work(n_events, n_cutoffs, n_features), time.monotonic() + float(limit)
    for found in _timed(SYSTEMS[name], Path(folder), work, repeats, ends):
        print(json.dumps(found | {"peak_mb": _peak_mb()}), flush=True)


def _timed(system: System, folder: Path, work: Work, repeats: int, ends: float) -> Iterator[dict[str, Any]]:
    """Every variant once, then the quickest again and again; after each run what is known."""
    tried: dict[str, list[First]] = {}
    variants = system.variants(folder, work)
    again = list(variants)[:1] if len(variants) > 1 and repeats else []  # the first has warmed the others
    for variant in [*variants, *again]:
        if not tried or _remains(ends, min(map(_quickest, tried.values()))):
            tried.setdefault(variant, []).append(_first(variants[variant], None if system.is_floor else work))
            yield _told(tried, [])
    best = min(tried, key=lambda variant: _quickest(tried[variant]))
    seconds: list[float] = []
    while _is_wanted(seconds, repeats) and _remains(ends, max([_quickest(tried[best]), *seconds])):
        seconds.append(_again(variants[best], work))
        yield _told(tried, seconds)


def _is_wanted(seconds: Sequence[float], repeats: int) -> bool:
    """Whether there is to be one more run after those that took so long."""
    return repeats > 0 and sum(seconds) < PATIENCE and (len(seconds) < repeats or sum(seconds) < A_WHILE)


def _told(tried: Mapping[str, Sequence[First]], seconds: Sequence[float]) -> dict[str, Any]:
    """Median seconds of the quickest variant; what its first run took, which compiles and warms, is told apart."""
    best = min(tried, key=lambda variant: _quickest(tried[variant]))
    return {
        "variant": best,
        "tried": {variant: _quickest(found) for variant, found in tried.items()},
        "seconds": statistics.median(seconds or [_quickest(tried[best])]),
        "runs": len(seconds) or 1,
        "first_seconds": tried[best][0].seconds,
        "rows": tried[best][0].rows,
        "checksum": tried[best][0].checksum,
    }


def _quickest(found: Sequence[First]) -> float:
    return min(one.seconds for one in found)


def _first(run: Run, work: Work | None) -> First:
    """A run each part of which is dropped once it is summed; a floor has nothing to sum."""
    rows, total, summing = 0, 0.0, 0.0
    started = time.perf_counter()
    for part in run():
        if work is not None:
            paused = time.perf_counter()
            n_rows, summed = checksum(part, work.columns)
            rows, total = rows + n_rows, total + summed
            summing += time.perf_counter() - paused
    return First(time.perf_counter() - started - summing, rows, None if work is None else total)


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
