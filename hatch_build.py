"""Make the folder src/ importable as `limner` in an editable install."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditableLink(BuildHookInterface[Any]):
    """Link .editable/limner to ../src; a wheel needs nothing, for there src/ is renamed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the link when the build is an editable one."""
        if version != "editable":
            return
        link = Path(self.root, ".editable", "limner")
        link.parent.mkdir(exist_ok=True)
        if link.is_symlink():
            link.unlink()
        if sys.platform == "win32":
            raise SystemExit("limner is not supported on Windows: use Linux, macOS or WSL")
        link.symlink_to(Path("..", "src"), target_is_directory=True)
