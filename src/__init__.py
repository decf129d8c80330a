"""Behaviour logs in, calibrated and explained tags about every user out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if __name__ != "limner":
    raise ImportError(f"import limner, not {__name__}: run `pip install -e .` first")

if TYPE_CHECKING:
    from .project import Project

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(config: str) -> Project:
    """The project that a configuration file declares, ready to ingest, train and score.

    Args:
        config: path of a YAML file, such as configs/demo.yaml.

    Raises:
        SpecError: the file is missing or wrong; every mistake in it is listed.
    """
    from .pipeline import open_project  # noqa: PLC0415 - `import limner` stays light

    return open_project(config)
