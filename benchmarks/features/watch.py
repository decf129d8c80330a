"""A process and its children, watched while they run: ended when they take too long or too much memory."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

MARK = "LIMNER_BENCHMARK_RUN"
"""Variable by which all that a run has started is found again."""
BETWEEN = 0.5
"""Seconds between two looks at the memory, each of which takes milliseconds of a processor from what is watched."""


@dataclass(frozen=True)
class Limits:
    """What a system may take."""

    seconds: float = 120.0
    gigabytes: float = 12.0


@dataclass(frozen=True)
class Watched:
    """What became of the process: its last line of JSON, why it did not end well, and the peak memory of all."""

    line: str
    failed: str
    peak_mb: int


def watched(command: Sequence[str], environment: Mapping[str, str], limits: Limits) -> Watched:
    """What the command printed and took; it and all that it started, also apart from it, is gone afterwards."""
    mark = uuid4().hex
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env={**environment, MARK: mark})
        try:
            failed, peak_mb = _until_done(process, mark, limits)
        finally:
            _end(process, mark)
        out.seek(0)
        err.seek(0)
        lines, errors = out.read().splitlines(), err.read().strip().splitlines()
    if not failed and process.returncode:
        failed = f"failed: {errors[-1] if errors else process.returncode}"
    told = [line for line in lines if line.startswith("{")]
    return Watched(told[-1] if told else "", failed, peak_mb)


def _until_done(process: subprocess.Popen[bytes], mark: str, limits: Limits) -> tuple[str, int]:
    started, peak = time.monotonic(), 0
    while process.poll() is None:
        peak = max(peak, sum(map(_memory_mb, _marked(mark))))
        if time.monotonic() - started > limits.seconds:
            return f"did not finish in {limits.seconds:.0f} s", peak
        if peak > limits.gigabytes * 1024:
            return f"did not finish in {limits.gigabytes:.0f} GB", peak
        time.sleep(BETWEEN)
    return "", peak


def _marked(mark: str) -> Iterator[int]:
    """The processes that inherited the mark."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                yield int(folder.name)


def _memory_mb(process: int) -> int:
    """The resident memory of a process; pages that two share count for both."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0  # it has just ended
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024**2


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    for one in _marked(mark):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    process.wait()
