"""What every part of a workspace stands on: a project, its store and its clock."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..engines.store import Store
from ..project import Project
from ..timeline import Clock

__all__ = ["AtWork"]


class AtWork(ABC):
    """A project with the clock on the wall."""

    project: Project
    wall: Clock

    @property
    @abstractmethod
    def store(self) -> Store:
        """The store as it is published at this moment."""

    @abstractmethod
    def now(self) -> int:
        """The present second by the project's clock."""
