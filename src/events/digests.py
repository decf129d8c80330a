"""The sha256 of files, for which each is read once: the file system tells whether it is another since."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path
from typing import Any

from ..engines.files import replace_json
from ..timeline import Clock, WallClock

__all__ = ["DIGESTS", "Digests"]

DIGESTS = "digests.json"
"""Where a store keeps them of the files of its sources."""

_SETTLED = 2
"""Seconds that a file must have stood unchanged: two changes within one tick of a disk's clock look alike."""
_NANOS = 1_000_000_000


class Digests:
    """What files were found to hold, kept in a file that can be deleted at any time.

    A file is the same as long as its place on the disk, its size and the instants of its last changes are. Delivered
    under an old name with another content, or touched in any way, it is read again.

    Args:
        path: where they are kept; nowhere when None, so that every file is read.
        clock: the clock on the wall.
    """

    def __init__(self, path: Path | None = None, clock: Clock | None = None) -> None:
        self._path, self._clock = path, clock or WallClock()
        self._known = {} if path is None else _read(path)
        self._seen: dict[str, list[Any]] = {}

    def of(self, path: Path) -> str:
        """The sha256 of a file's bytes.

        Raises:
            OSError: it cannot be read.
        """
        settled, signs = (self._clock.now() - _SETTLED) * _NANOS, _signs(path)
        *known, digest = self._known.get(str(path), [None])
        if known != signs:
            with path.open("rb") as file:
                digest = file_digest(file, "sha256").hexdigest()
        if max(signs[-2:]) < settled:
            self._seen[str(path)] = [*signs, digest]
        return str(digest)

    def keep(self) -> None:
        """Remember the files that were asked for, and no others; where that cannot be written they are read again."""
        if self._path is not None and self._seen != self._known:
            with suppress(OSError):
                replace_json(self._path, self._seen)


def _signs(path: Path) -> list[int]:
    """What differs when a file was changed or replaced; the instants come last."""
    found = path.stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _read(path: Path) -> dict[str, list[Any]]:
    """What was kept; nothing where it cannot be read."""
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text())
        if isinstance(found, dict) and all(isinstance(one, list) and one for one in found.values()):
            return found
    return {}
