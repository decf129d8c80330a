"""The command line."""

from __future__ import annotations

import os
import sys
import traceback

from ..errors import LimnerError

__all__ = ["main"]


def main() -> None:
    """Run the command that was typed and leave with its exit code."""
    from .app import app

    try:
        app()
    except LimnerError as error:
        _leave(str(error), error.exit_code)
    except KeyboardInterrupt:
        _leave("stopped; what was not published is rolled back by the next run", 130)
    except Exception as error:  # noqa: BLE001 - the one place where a fault of our own becomes a sentence
        if os.environ.get("LIMNER_DEBUG"):
            traceback.print_exc()
        name = type(error).__name__
        _leave(f"something broke inside Limner: {name}: {error}\nset LIMNER_DEBUG=1 to see where, and report it", 3)


def _leave(sentence: str, exit_code: int) -> None:
    print(f"limner: {sentence}", file=sys.stderr)  # noqa: T201 - works even where rich cannot be imported
    sys.exit(exit_code)
