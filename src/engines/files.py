"""Files that are either wholly there or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

__all__ = ["canonical_json", "replace_file", "replace_json", "whole_folder"]


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step; a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A fresh folder to fill, which is in the place of `folder` once the block has ended well, and else is gone.

    Raises:
        OSError: there is a folder already that is not empty, or it cannot be written.
    """
    fresh = folder.with_name(f".{uuid4().hex}")
    try:
        fresh.mkdir(parents=True)
        yield fresh
        fresh.replace(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def replace_json(path: Path, content: Any) -> None:
    """Put `content` as readable JSON at `path` in one step."""
    replace_file(path, (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())


def canonical_json(content: Any) -> str:
    """The one JSON text of `content`: sorted keys, no spaces; what fingerprints are taken of.

    >>> canonical_json({"b": 1, "a": [1.5, None]})
    '{"a":[1.5,null],"b":1}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
