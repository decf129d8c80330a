"""Files whose names end with a hash of what was written, so that a byte that changed since is found."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path

from ..errors import DamagedError
from .state import MEND

__all__ = ["require_unchanged", "seal", "sealed_like"]

_LENGTH = 24
"""Hexadecimal digits of the sha256 that a name bears."""


def seal(path: Path) -> Path:
    """The file's path after it was renamed, from `name.parquet` to `name.HASH.parquet`."""
    return path.rename(path.with_suffix(f".{_hash(path)}{path.suffix}"))


def sealed_like(path: Path, sealed: Path) -> Path:
    """The path with the seal of another file, to put that file there."""
    return path.with_suffix("".join(sealed.suffixes[-2:]))


def require_unchanged(path: Path) -> None:
    """Refuse a sealed file that is not as it was sealed; one that was never sealed passes.

    Raises:
        DamagedError: its content is not what was written.
    """
    sealed = path.suffixes[-2:-1]
    if sealed and sealed != [f".{_hash(path)}"]:
        raise DamagedError(f"{path}: bytes of it changed after it was written; {MEND}")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()[:_LENGTH]
