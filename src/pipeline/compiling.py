"""What is said before the kernel is compiled; apart, for it brings the compiler in, which most runs do without."""

from __future__ import annotations

from ..features.kernel_cache import is_cold
from ..progress import Progress

__all__ = ["tell_of_compiling"]


def tell_of_compiling(progress: Progress) -> None:
    """A sentence for the watcher where the kernel will first have to be compiled."""
    if is_cold():
        progress.say("Compiling the kernel for this machine, once: half a minute")
