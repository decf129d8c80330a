"""What audiences must know of a project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ...events.spec import AttributesSpec
from ..audience_spec import AudienceSpec
from ..declared import DeclaredTags, Said

__all__ = ["DeclaredAudiences", "Project", "title_of"]


class DeclaredAudiences(DeclaredTags, Protocol):
    """The part of a project file that audiences are read by."""

    @property
    def attributes(self) -> Mapping[str, AttributesSpec]:
        """Tables of facts about users, which tell the types of facts."""

    @property
    def audiences(self) -> Mapping[str, AudienceSpec]:
        """Users who are meant together, by name."""


class Project(Protocol):
    """A project, as far as its audiences go; `root` is the folder that paths are relative to."""

    @property
    def root(self) -> Path:
        """The folder that the paths of its file are relative to."""

    @property
    def spec(self) -> DeclaredAudiences:
        """What its file says."""

    def definition_hash(self, tag: str) -> str:
        """The sha256 of all that decides what the tag's values are."""


def title_of(name: str, spec: AudienceSpec) -> Said:
    """What marketers call the audience; its own name where the project file gives none."""
    return Said(spec.title.en or name, spec.title.zh or spec.title.en or name)
