"""The project file, read, checked and frozen."""

from __future__ import annotations

from .project import Project, find_config, load

__all__ = ["Project", "find_config", "load"]
