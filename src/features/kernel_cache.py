"""Where compiled code is kept between runs.

Numba notices when a function's own file changes, but not when a function it calls does. So the cache
lives in a folder named by a hash of all kernel sources, of Numba and of the processor.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from llvmlite import binding
from numba import njit

__all__ = ["cache_folder", "compiled", "inlined", "is_cold", "lean"]

F = TypeVar("F", bound=Callable[..., Any])

_NOTICE = "%s cannot be written, so compiled code is not kept between runs: set XDG_CACHE_HOME to a folder that can"


def compiled(function: F) -> F:
    """The function in machine code that runs without the interpreter's lock, compiled once per machine."""
    with _kept_in(_FOLDER):
        return cast(F, njit(function, nogil=True, error_model="numpy", cache=_FOLDER is not None))


def lean(function: F) -> F:
    """The function in machine code that counts no references, so that handing arrays on costs nothing.

    It makes no arrays: what it fills is handed to it. Counting takes longer than the work where the work is a sum.
    """
    with _kept_in(_FOLDER):
        return cast(F, njit(function, nogil=True, _nrt=False, error_model="numpy", cache=_FOLDER is not None))


def inlined(function: F) -> F:
    """The function in machine code, put into the compiled functions that call it and kept with them.

    A call would hand over every array of a tuple in half a dozen words; that took longer than most calls' work.
    """
    return cast(F, njit(function, nogil=True, _nrt=False, forceinline=True, error_model="numpy"))


def is_cold() -> bool:
    """Whether nothing was compiled on this machine yet, so that the first use will take some seconds."""
    return _FOLDER is None or not any(_FOLDER.glob("**/*.nbi"))


def cache_folder(user_cache: Path) -> Path | None:
    """The folder of this version of the kernel below the user's cache; None, with a notice, if it cannot be written."""
    folder = user_cache / "limner" / "numba" / _version()
    probe = folder / f".{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError:
        logging.getLogger("limner").warning(_NOTICE, folder)
        return None
    return folder


def _version() -> str:
    digest = sha256(f"{numba.__version__} {binding.get_host_cpu_name()}".encode())
    for source in _sources(Path(__file__).parents[1]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _sources(package: Path) -> list[Path]:
    """All files that compiled code is made of: the kernels, and the arrays and constants that they read."""
    return sorted({*package.glob("*/*kernel*.py"), *package.glob("models/forest*.py")})


@contextmanager
def _kept_in(folder: Path | None) -> Iterator[None]:
    before = numba.config.CACHE_DIR
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


_FOLDER = cache_folder(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser())
