"""A process that has imported everything and forks a command at a time, so that forty kills do not import forty times.

It never opens a database, a table or a pool itself: what it hands on are imported modules and no threads of theirs.
Run as a module it is that process; a line of JSON on stdin orders a command, a line on stdout tells how it ended.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LONGEST = 300.0
"""Seconds after which a command is taken for stuck."""


@dataclass(frozen=True)
class Ended:
    """How a command ended; `exit_code` is negative where a signal ended it.

    `seconds` passed, `busy_seconds` it computed, and `peak_mb` is the most memory that it had.
    """

    exit_code: int
    seconds: float
    busy_seconds: float
    peak_mb: float
    stdout: str
    stderr: str

    @property
    def told(self) -> Any:
        """What it printed for machines."""
        return json.loads(self.stdout)


class Nursery:
    """Its `folder` is where commands leave what they print."""

    def __init__(self, folder: Path, *modules: str) -> None:
        self._folder = folder
        command = [sys.executable, "-m", "tests.pipeline.nursery", *modules]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._process:
            self._process.kill()

    def run(self, *typed: str, killed_after: float | None = None) -> Ended:
        """A command, run to its end or killed without mercy so many seconds after it began."""
        outputs = [str(self._folder / name) for name in ("stdout", "stderr")]
        order = {"typed": typed, "killed_after": killed_after, "outputs": outputs}
        print(json.dumps(order), file=self._process.stdin, flush=True)
        ended = json.loads(self._process.stdout.readline() if self._process.stdout else "")
        stdout, stderr = (Path(one).read_text() for one in outputs)
        return Ended(**ended, stdout=stdout, stderr=stderr)


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        began, process = time.monotonic(), os.fork()
        if process == 0:
            _become(order["typed"], order["outputs"])
        ended = _awaited(process, began + (order["killed_after"] or LONGEST))
        sys.stdout.write(json.dumps({**ended, "seconds": time.monotonic() - began}) + "\n")
        sys.stdout.flush()


def _become(typed: list[str], outputs: list[str]) -> None:
    from limner.cli import main

    os.setsid()
    for number, output in enumerate(outputs, start=1):
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ["limner", *typed]
    main()


def _awaited(process: int, deadline: float) -> dict[str, float]:
    """How the process ended; at the deadline it is killed."""
    ended, status, used = os.wait4(process, os.WNOHANG)
    while not ended:
        if time.monotonic() >= deadline:
            os.kill(process, signal.SIGKILL)
        time.sleep(0.001)
        ended, status, used = os.wait4(process, os.WNOHANG)
    busy, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    return {"exit_code": os.waitstatus_to_exitcode(status), "busy_seconds": busy, "peak_mb": peak}


if __name__ == "__main__":
    for module in sys.argv[1:]:
        import_module(f"limner.{module}")
    gc.freeze()
    _serve()
