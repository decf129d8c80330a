"""Project files to begin with: the usual tags of a trade, over sources that only want their names."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from ..errors import UsageError

__all__ = ["Template", "templates", "write_template"]

_PACKAGE, _FOLDER = "limner", "templates"


@dataclass(frozen=True)
class Template:
    """A project file that ships with Limner; `summary` is its first line, without the mark of a comment."""

    name: str
    text: str

    @property
    def summary(self) -> str:
        """What it is for, in a line."""
        return self.text.splitlines()[0].removeprefix("#").strip()


def templates() -> dict[str, Template]:
    """The templates by name, in the order of their names."""
    found = sorted(files(_PACKAGE).joinpath(_FOLDER).iterdir(), key=lambda one: one.name)
    texts = {one.name.removesuffix(".yaml"): one.read_text("utf-8") for one in found if one.name.endswith(".yaml")}
    return {name: Template(name, text) for name, text in texts.items()}


def write_template(name: str, path: Path) -> None:
    """Write the template as a project file; nothing that is there is overwritten.

    Raises:
        UsageError: there is no such template, or the path is taken or cannot be written.
    """
    known = templates()
    if name not in known:
        raise UsageError(f'--template: there is none called "{name}"; there is: {", ".join(known)}')
    if path.exists():
        raise UsageError(f"{path} is there already and is not overwritten; name another file with --config")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(known[name].text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
