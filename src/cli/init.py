"""The start of a project: which templates there are, and what to do with the one that was written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ..project.templates import Template
from .shapes import labelled

__all__ = ["print_started", "print_templates"]


def print_templates(templates: Iterable[Template], console: Console) -> None:
    """Print each template with what it is for, and how to take one."""
    listed = list(templates)
    console.print(Text("Templates", "bold"))
    console.print(labelled((one.name, one.summary) for one in listed))
    console.print()
    console.print(labelled([("Take one", f"limner init --template {listed[0].name}")], indent=0))


def print_started(path: Path, console: Console) -> None:
    """Print where the project file lies, and what comes next."""
    config = f" --config {path.as_posix()}"
    console.print(Text(f"{path.as_posix()} is written", "bold"))
    steps = [
        ("Edit", "its sources: where your files are, and what their columns are called"),
        ("Check", f"limner check{config}"),
        ("Bring in", f"limner ingest{config}"),
        ("Learn", f"limner train{config}"),
        ("Tag", f"limner score{config}"),
    ]
    console.print(labelled(steps))
