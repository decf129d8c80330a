"""The use case `download`: the users of an audience, or of a condition, as a file to take away, noted as an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from ..project import Project
from ..tags.audience import compiled, matching
from ..tags.audience.vocabulary import Vocabulary
from .export import Order, export
from .manifest import write_manifest
from .outbound import Outbound

if TYPE_CHECKING:
    from .workspace import Workspace

__all__ = ["Download", "Form", "download"]

Form = Literal["csv", "parquet"]

_TO = "download"
"""Where a file goes, for the audit."""


@dataclass(frozen=True)
class Download:
    """A file, by its name and content, how many users it holds, and the manifest of the run that wrote it."""

    name: str
    content: bytes
    users: int
    manifest: Mapping[str, Any]


@dataclass(frozen=True)
class _Nowhere:
    """A condition that nobody has declared as an audience: it goes nowhere by itself."""

    sink: None = None
    on_enter: None = None
    on_leave: None = None


def download(workspace: Workspace, text: str, who: str, audience: str | None = None, form: Form = "csv") -> Download:
    """The users who match a condition, with what it asks of them, but for those who are left alone.

    Args:
        audience: the declared audience that the condition is, if any; else it is noted under a hash, and its text
            stands in the manifest.
        who: asks for it.

    Raises:
        SpecError: the condition is wrong.
        RefusedError: nobody was scored yet.
        LockedError: another run is at work.
    """
    project, now = workspace.project, workspace.now()
    columns = _columns(project, text)
    name = audience or f"condition_{sha256(text.encode()).hexdigest()[:10]}"
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.{form}"
        if audience is None:
            store = workspace.store
            outbound = Outbound({name: _Nowhere()}, lambda _: matching(project, store, text, now))
            order = Order(name, path, columns, now, who, _TO)
            written = export(project, store, outbound, order, workspace.wall)
            write_manifest(store.root, {**written.manifest, "where": text})
        else:
            written = workspace.export(audience, path, columns, who=who, to=_TO)
        return Download(path.name, path.read_bytes(), written.users, written.manifest)


def _columns(project: Project, text: str) -> list[str]:
    """What the condition asks of users: of predictions the tier, and the chance or the amount."""
    vocabulary = Vocabulary(project.spec)
    columns = [column for tag in compiled(project, text).tags for column in vocabulary.telling(tag)]
    return [one.tag if one.part == "value" else f"{one.tag}.{one.part}" for one in columns]
