"""What a store has published: one small JSON file that names the version of every table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from ..errors import DamagedError, UsageError
from .files import replace_json

__all__ = ["MEND", "State", "require_folder"]

MEND = "restore it from a backup, or move the whole store away and ingest anew"
"""How a store is mended in which something is missing that cannot be made anew."""

_MEND_PUBLISHED = f"copy the newest file of states/ there, {MEND}"


@dataclass(frozen=True)
class State:
    """The versions of all tables, and the facts beside them; states are counted from 1, and 0 has nothing."""

    number: int = 0
    tables: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def published(cls, root: Path) -> Self:
        """The state that a store's folder has published.

        Raises:
            DamagedError: the file that says so is lost or damaged.
            UsageError: a file lies where the store should.
        """
        path = root / "published"
        if path.exists():
            return cls.read(path, _MEND_PUBLISHED)
        require_folder(root)
        if any(root.glob("*/_delta_log")) and any(root.glob("runs/*.json")):
            raise DamagedError(f"{path}: is missing, so nobody knows what this store has published; {_MEND_PUBLISHED}")
        return cls()

    @classmethod
    def read(cls, path: Path, mend: str = MEND) -> Self:
        """The state that a file holds.

        Raises:
            DamagedError: the file is missing, or is not what was written.
        """
        try:
            written = json.loads(path.read_text())
            tables = {name: int(version) for name, version in written["tables"].items()}
            return cls(int(written.get("number", 0)), tables, dict(written["facts"]))
        except (FileNotFoundError, IsADirectoryError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedError(f"{path}: is not what Limner wrote ({type(error).__name__}); {mend}") from error

    def after(self, versions: Mapping[str, int], facts: Mapping[str, Mapping[str, Any]]) -> State:
        """The next state, in which the given versions and facts stand instead of the old ones."""
        return State(self.number + 1, {**self.tables, **versions}, {**self.facts, **facts})

    def write(self, path: Path) -> None:
        """Put the state into a file, whole or not at all."""
        replace_json(path, asdict(self))


def require_folder(root: Path) -> None:
    """Nothing, when the store is a folder or not there yet.

    Raises:
        UsageError: it is a file.
    """
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root}: is a file, and a store is a folder; move the file, or change `store`")
