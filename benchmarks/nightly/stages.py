"""One stage of the night in a process of its own, which tells its seconds, processor seconds and peak memory.

Example: python -m benchmarks.nightly.stages score data/benchmarks/nightly
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from threading import Event, Thread
from typing import Any

Result = dict[str, Any]


def ingest(folder: Path) -> Result:
    """Bring in what is new; tells the rows, and how many files that were there before are gone."""
    from limner.pipeline.workspace import Workspace

    workspace = Workspace.open(folder / "nightly.yaml")
    before = set(workspace.store.files("events"))
    result = workspace.ingest()
    gone = before - set(workspace.store.files("events"))
    return {"rows": sum(one.rows_added for one in result.sources), "files_gone": len(gone)}


def champion(folder: Path) -> Result:
    """Make up a champion."""
    from limner.pipeline.workspace import Workspace

    from .champion import crown

    return {"features": crown(Workspace.open(folder / "nightly.yaml"))}


def score(folder: Path) -> Result:
    """Score and explain everybody as of the end of the log; the tags are committed."""
    from limner.pipeline.workspace import Workspace

    result = Workspace.open(folder / "nightly.yaml").score()
    outcome = result.outcomes[0]
    told = {"run_id": result.manifest["run_id"], "outcome": outcome.outcome, "hash": outcome.tags_hash}
    return {"rows": outcome.rows, **told, "reason": outcome.reason}


STAGES: dict[str, Callable[[Path], Result]] = {"ingest": ingest, "champion": champion, "score": score}


def measured(stage: Callable[[Path], Result], folder: Path) -> Result:
    """What the stage tells, with its seconds and peak memory in MB, that of mapped files told apart."""
    peak, done = [0], Event()
    watcher = Thread(target=_watch, args=(peak, done), daemon=True)
    watcher.start()
    started, before = time.perf_counter(), getrusage(RUSAGE_SELF)
    found = stage(folder)
    seconds, after = time.perf_counter() - started, getrusage(RUSAGE_SELF)
    done.set()
    watcher.join()
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    memory = {"peak_mb": after.ru_maxrss // 1024, "peak_own_mb": peak[0] // 1024}
    return {**found, "seconds": round(seconds, 2), "processor_seconds": round(processor, 2), **memory}


def _watch(peak: list[int], done: Event) -> None:
    """Keep the most kB of memory that is the process's own: neither mapped files nor shared."""
    status = Path("/proc/self/status")
    while status.exists() and not done.wait(0.05):
        own = next((line.split()[1] for line in status.read_text().splitlines() if line.startswith("RssAnon")), "0")
        peak[0] = max(peak[0], int(own))


if __name__ == "__main__":
    print(json.dumps(measured(STAGES[sys.argv[1]], Path(sys.argv[2]))))
