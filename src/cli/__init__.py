"""The command line."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from typing import NoReturn

from ..errors import LimnerError, RefusedError, UsageError
from ..exits import BROKEN, STOPPED, is_of_the_system, told_by_the_system

__all__ = ["main"]

_UNHEARD = 1
"""What is expected of a program whose reader went away, as by `| head`."""
_INTERRUPTED = "stopped; what was not published is rolled back by the next run"


def main() -> None:
    """Run the command that was typed and leave with its exit code."""
    _write_what_can_be_written()
    try:
        sys.exit(_run())
    except LimnerError as error:
        _leave(error, str(error), error.exit_code)
    except KeyboardInterrupt as error:
        _leave(error, _INTERRUPTED, STOPPED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_UNHEARD)
    except Exception as error:  # noqa: BLE001 - the one place where a fault of our own becomes a sentence
        _show_where()
        if is_of_the_system(error):
            _leave(RefusedError(), _of_the_system(error), RefusedError.exit_code)
        told = f"something broke inside Limner: {type(error).__name__}: {error}"
        _leave(error, f"{told}\nset LIMNER_DEBUG=1 to see where, and report it", BROKEN)


def _run() -> int:
    """The exit code of the command that was typed; what was typed wrong is said as any other mistake."""
    import typer

    from .app import app

    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        _leave(UsageError(), error.format_message(), UsageError.exit_code)
    except typer.Abort:
        raise KeyboardInterrupt from None
    sys.stdout.flush()
    if code == STOPPED:
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _leave(error: BaseException, sentence: str, exit_code: int) -> NoReturn:
    """Say what is wrong on stderr, and on stdout too where a machine listens."""
    if sentence:
        print(f"limner: {sentence}", file=sys.stderr)  # noqa: T201 - works even where rich cannot be imported
    if "--json" in sys.argv[1:]:
        told = {"ok": False, "error": sentence, "kind": type(error).__name__, "exit_code": exit_code}
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(told, ensure_ascii=False), flush=True)  # noqa: T201
    sys.exit(exit_code)


def _show_where() -> None:
    if os.environ.get("LIMNER_DEBUG"):
        traceback.print_exc()


def _of_the_system(error: Exception) -> str:
    """What the system would not do: a full disk, a folder that may not be written to, a file that is a folder."""
    filename = getattr(error, "filename", None)
    where = f"{filename}: " if filename else ""
    told = f"{where}the system refused: {told_by_the_system(error)}"
    return f"{told}; mend that and run the command again, what was not published is rolled back"


def _write_what_can_be_written() -> None:
    """Let a terminal that lacks a character show a question mark instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
