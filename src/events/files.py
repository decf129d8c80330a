"""Files to ingest: found by name or glob, told apart by content."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from ..errors import SourceError
from .digests import Digests

__all__ = ["Format", "SourceFile", "find_files"]

Format = Literal["parquet", "csv", "jsonl"]

_FORMATS: dict[str, Format] = {
    ".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip


@dataclass(frozen=True)
class SourceFile:
    """One file of a source; `shown` is its path as people know it, `content` the sha256 of its `size` bytes."""

    path: Path
    shown: str
    format: Format
    content: str
    size: int


def find_files(where: str, read: str, root: Path, digests: Digests | None = None) -> list[SourceFile]:
    """The files that a path or glob of the project file names, sorted by path.

    Args:
        where: the key that names them, for messages.
        read: relative to the project's root.
        digests: knows what files hold that did not change; without them each is read.

    Raises:
        SourceError: nothing is there, or a file is empty, of a kind that is not read, or has a name that is no text.
    """
    named = root / read
    pattern = read if Path(read).is_absolute() else f"{glob.escape(str(root))}/{read}"
    found = [str(named)] if named.is_file() else glob.glob(pattern, recursive=True)  # noqa: PTH207 - it may be absolute
    paths = sorted(path for path in map(Path, found) if path.is_file())
    if not paths:
        raise SourceError(f"{where}: there is no file {read} in {root}{_guess(root / read)}")
    known = digests or Digests()
    return [_source_file(where, path, root, known) for path in paths]


def _source_file(where: str, path: Path, root: Path, digests: Digests) -> SourceFile:
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    told = str(path).encode(errors="replace").decode()
    if told != str(path):
        raise SourceError(f"{where}: the name of {told} is not UTF-8; give it another")
    format_ = _FORMATS.get(path.suffix.lower())
    if format_ is None:
        raise SourceError(f"{where}: {shown} is no kind of file that is read; allowed: {', '.join(_FORMATS)}")
    size = path.stat().st_size
    if size == 0:
        raise SourceError(f"{where}: {shown} is empty: it has no bytes at all; deliver it again or take it away")
    try:
        return SourceFile(path, shown, format_, digests.of(path), size)
    except OSError as error:
        raise SourceError(f"{where}: {shown} cannot be read: {error.strerror}; mend its rights or the disk") from error


def _guess(path: Path) -> str:
    if path.is_dir():
        return f"; it is a folder: write {path.name}/*.parquet or the like"
    if not path.parent.is_dir() and not glob.has_magic(str(path.parent)):
        return f"; the folder {path.parent.name}/ does not exist"
    near = get_close_matches(path.name, [one.name for one in path.parent.glob("*")], n=1)
    return f"; did you mean {near[0]}?" if near else ""
