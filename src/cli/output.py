"""Where commands print: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from .progress import Bar, Lines

__all__ = ["console", "print_json", "watching"]


def console() -> Console:
    """The console that results are printed on; at least 100 columns where nobody looks."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 100, highlight=False)


def watching(as_json: bool) -> Bar | Lines:
    """The watcher of a command's long work, on stderr when stdout belongs to a machine."""
    from rich.console import Console

    from .progress import watcher

    return watcher(Console(stderr=as_json, highlight=False))


def print_json(content: Any) -> None:
    """Print the content as JSON."""
    print(json.dumps(content, indent=2, ensure_ascii=False, default=str))  # noqa: T201 - what a machine reads is printed plainly
