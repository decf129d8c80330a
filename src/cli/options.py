"""Options that commands share, and how a command opens its project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..pipeline.workspace import Workspace

__all__ = ["Config", "Json", "Lang", "open_project"]

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="The project file; the only one in configs/ when left out.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines on stdout; progress goes to stderr.")]
Lang = Annotated[str, typer.Option("--lang", help="Language of titles and reasons: en or zh.")]


def open_project(config: Path | None) -> Workspace:
    """The workspace of a project file, of the only one in `configs/` where none is named."""
    from ..pipeline.workspace import Workspace
    from ..project import find_config

    return Workspace.open(config or find_config(Path.cwd()))
