"""What runs beside what: every system, where its code is, which python runs it and how much it is asked to do."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from .work import PLAIN, SHAPES, USUAL, Run, Work

MILLION = 1_000_000
ANY = tuple(SHAPES)


@dataclass(frozen=True)
class System:
    """A way to do the work.

    `python` is the environment that has the library: Limner's own or one of the rivals'. `most` is how many events
    times cutoffs it is asked to do, `features` which works, `starts` what it reads and so which scan is its floor.
    """

    module: str
    starts: str
    what: str
    python: str = "limner"
    library: str = "limner"
    ready: str = "ready"
    most: int = 1_000 * MILLION
    features: tuple[int, ...] = ANY
    is_cold: bool = False
    """Whether nothing is compiled yet, so that one run tells what compiling takes."""

    def variants(self, folder: Path, work: Work) -> dict[str, Run]:
        """What is timed, by the name of the variant."""
        found: dict[str, Run] = getattr(import_module(f".{self.module}", __package__), self.ready)(folder, work)
        return found

    def is_for(self, work: Work) -> bool:
        """Whether the system can express the work, and is asked to."""
        return work.n_features in self.features

    @property
    def is_floor(self) -> bool:
        """Whether it only reads."""
        return "scan" in self.ready or self.module == "scan"


def _rival(name: str, starts: str, what: str, most: int, **more: object) -> System:
    return System(f"rivals.with_{name}", starts, what, "rivals", name, most=most * MILLION, **more)  # type: ignore[arg-type]


def _older(name: str, starts: str, what: str, features: tuple[int, ...]) -> System:
    return System(f"rivals.with_{name}", starts, what, "rivals-pandas2", name, most=MILLION, features=features)


SORTED = {"ready": "ready_by_user", "features": (USUAL,)}
SYSTEMS = {
    "limner": System("limner_system", "store", "from the store, two threads, as every night"),
    "limner cold": System(
        "limner_system",
        "store",
        "the first run on a machine, which compiles the kernel",
        most=MILLION,
        features=(USUAL,),
        is_cold=True,
    ),
    "scan of the store": System(
        "limner_system", "store", "every array the kernel reads, summed once", ready="ready_scan"
    ),
    "limner raw": System(
        "limner_system",
        "raw",
        "from the raw file without a store: decoded and sorted in `raw_arrays.py`, then the same kernel",
        ready="ready_raw",
    ),
    "limner ingest": System(
        "limner_system",
        "raw",
        "from the raw file through the front door: checked, made unique, logged, laid out, then the same kernel",
        ready="ready_ingest",
        most=10 * MILLION,
        features=(USUAL,),
    ),
    "scan": System("scan", "raw", "the needed columns of the raw file decoded, nothing else"),
    "duckdb": _rival("duckdb", "raw", "from the raw file; two threads", 120),
    "duckdb sorted": _rival("duckdb", "sorted", "from a file sorted by user with small types", 120, **SORTED),
    "polars": _rival("polars", "raw", "from the raw file; two threads", 120),
    "polars sorted": _rival("polars", "sorted", "from a file sorted by user with small types", 50, **SORTED),
    "pandas": _rival("pandas", "raw", "from the raw file; one thread", 120),
    "pandas sorted": _rival("pandas", "sorted", "from a file sorted by user with small types", 50, **SORTED),
    "spark": _rival(
        "spark", "raw", "SQL from the raw file; local[2], its session started before", 12, features=(USUAL, PLAIN)
    ),
    "featuretools": _older("featuretools", "raw", "from the raw file; one thread", (USUAL, PLAIN)),
    "tsfresh": _older("tsfresh", "raw", "from the raw file, filtered by window first; two processes", (PLAIN,)),
    "getml": _older("getml", "memory", "transform alone, of data in the engine's memory; two threads", (PLAIN,)),
}


def python_of(system: System, rivals: Path) -> Path:
    """The python that runs a system; Limner's own, if the rivals have no environment of their own."""
    own = rivals / system.python / "bin" / "python"
    return own.absolute() if system.python != "limner" and own.exists() else Path(sys.executable)


def versions(rivals: Path) -> dict[str, str]:
    """Of each system's library the version that is installed; none where there is no such library."""
    found = {}
    for one in {system.library: system for system in SYSTEMS.values()}.values():
        name = "pyspark" if one.library == "spark" else one.library
        asked = f"from importlib.metadata import version; print(version({name!r}))"
        shown = subprocess.run([python_of(one, rivals), "-c", asked], capture_output=True, text=True, check=False)
        if shown.returncode == 0:
            found[one.library] = shown.stdout.strip()
    return found
