"""How a command ends: the exit code of whatever was raised, and what the system had to say."""

from __future__ import annotations

import json
import re
import sys

from .errors import LimnerError, RefusedError

__all__ = ["BROKEN", "STOPPED", "exit_code_of", "is_of_the_system", "told_by_the_system"]

BROKEN, STOPPED = 3, 130
"""Something broke inside Limner; somebody stopped it."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STEP = re.compile(r"\s*↳\s*")
_NESTED = re.compile(r'\{"exception_type":.*?"exception_message":("(?:[^"\\]|\\.)*").*?\}')
"""What DuckDB's writing threads say, as JSON inside the sentence."""


def exit_code_of(error: BaseException) -> int:
    """The exit code that stands for the error.

    >>> exit_code_of(RefusedError("no")), exit_code_of(OSError(28, "No space left")), exit_code_of(KeyError("bug"))
    (1, 1, 3)
    """
    if isinstance(error, LimnerError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return STOPPED
    return RefusedError.exit_code if is_of_the_system(error) else BROKEN


def is_of_the_system(error: BaseException) -> bool:
    """Whether the system would not: a full disk, a folder that may not be written to, too little memory."""
    duckdb = sys.modules.get("duckdb")
    theirs = (duckdb.IOException, duckdb.OutOfMemoryException) if duckdb else ()
    return isinstance(error, (OSError, MemoryError, *theirs))


def told_by_the_system(error: BaseException) -> str:
    r"""What the system would not do, in a line, however many the library made of it.

    >>> told_by_the_system(OSError("Generic error\n  ↳ Unable to copy\n  ↳ No space left on device\n"))
    'Generic error: Unable to copy: No space left on device'
    """
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = _NESTED.sub(lambda found: str(json.loads(found[1])), text)
    return " ".join(_STEP.sub(": ", _COLOUR.sub("", text)).split())
