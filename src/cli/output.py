"""Where commands print: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from .progress import Bar, Lines

__all__ = ["console", "print_json", "watching"]


def console() -> Console:
    """The console that results are printed on; 100 columns wide where nobody looks and COLUMNS is not set."""
    from rich.console import Console

    is_known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if is_known else 100, highlight=False)


def watching() -> Bar | Lines:
    """The watcher of a command's long work, on stderr: stdout belongs to the results."""
    from rich.console import Console

    from .progress import watcher

    return watcher(Console(stderr=True, highlight=False))


def print_json(content: Any) -> None:
    """Print the content as JSON; numbers that JSON lacks are null."""
    text = json.dumps(_finite(content), indent=2, ensure_ascii=False, default=str, allow_nan=False)
    print(text)  # noqa: T201 - what a machine reads is printed plainly


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    return [_finite(value) for value in content] if isinstance(content, list | tuple) else content
