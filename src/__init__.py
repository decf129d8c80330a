"""Behaviour logs in, calibrated and explained tags about every user out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if __name__ != "limner":
    raise ImportError(f"import limner, not {__name__}: run `pip install -e .` first")

if TYPE_CHECKING:
    from .pipeline.workspace import Workspace

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(config: str | Path) -> Workspace:
    """The project that a file declares, ready to ingest, train, score and be read.

    Args:
        config: path of the YAML file, such as configs/demo.yaml.

    Raises:
        SpecError: the file is missing or wrong; every mistake in it is listed.
    """
    from .pipeline.workspace import Workspace  # noqa: PLC0415 - `import limner` stays light

    return Workspace.open(Path(config))
