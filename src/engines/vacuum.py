"""What may be removed from a store's folder: files that Limner wrote there and that nothing refers to."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

__all__ = ["half_written", "remove", "size_of", "unreferred"]

_STAGED = re.compile(r"part-[0-9a-f]{32}\.parquet")
_HALF_WRITTEN = re.compile(r"\..+\.[0-9a-f]{32}")
_WRITING_SECONDS = 3_600
"""How long the writing of a small file may take at most: cards and manifests are written without the lock, too."""


def unreferred(root: Path, kept: Collection[Path]) -> dict[str, list[Path]]:
    """The Parquet files that were staged for tables, but for the kept ones, by table. Only under the store's lock."""
    found: dict[str, list[Path]] = {}
    for path in sorted(root.glob("[!.]*/**/part-*.parquet")):
        if _STAGED.fullmatch(path.name) and path not in kept:
            found.setdefault(path.relative_to(root).parts[0], []).append(path)
    return found


def half_written(root: Path) -> list[Path]:
    """Small files whose writer died before they were whole and in their place."""
    newest = time.time() - _WRITING_SECONDS
    hidden = [one for one in (*root.glob(".*"), *root.glob("*/.*")) if _HALF_WRITTEN.fullmatch(one.name)]
    return sorted(one for one in hidden if one.exists() and one.stat().st_mtime < newest)


def size_of(paths: Iterable[Path]) -> tuple[int, int]:
    """How many files there are among the paths and in the folders among them, and how many bytes they hold."""
    files = {file for path in paths for file in (path, *path.rglob("*")) if file.is_file()}
    return len(files), sum(file.stat().st_size for file in files)


def remove(root: Path, paths: Iterable[Path]) -> None:
    """Remove files, and folders with all that is in them; below the root, folders that are empty then go as well.

    A folder that somebody writes to at this moment may stay; the next vacuum finds it.
    """
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        with suppress(OSError):
            for folder in path.parents[: len(path.relative_to(root).parts) - 1]:
                folder.rmdir()
