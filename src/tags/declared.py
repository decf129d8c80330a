"""What the catalogue and the portrait must know of a project, and what they say in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

from ..engines.store import Store
from ..events.log import EventLog
from ..timeline import Clock
from .spec import TagSpec

__all__ = ["Declared", "DeclaredTags", "Said", "open_log", "present", "title_of"]


class Said(NamedTuple):
    """The same in English and Chinese."""

    en: str
    zh: str

    def as_dict(self) -> dict[str, str]:
        """Both, as JSON holds them."""
        return self._asdict()


class DeclaredTags(Protocol):
    """The part of a project file that tags are read by."""

    @property
    def clock(self) -> Literal["wall", "log"]:
        """What "now" is."""

    @property
    def tags(self) -> Mapping[str, TagSpec]:
        """What is written on users."""


class Declared(Protocol):
    """A project, as far as its tags go."""

    @property
    def spec(self) -> DeclaredTags:
        """What its file says."""

    def definition_hash(self, tag: str) -> str:
        """The sha256 of all that decides what the tag's values are."""


def open_log(store: Store) -> EventLog | None:
    """The log as published, or None before anything was ingested."""
    return None if store.version("events") is None else EventLog.open(store)


def present(project: Declared, log: EventLog | None, wall: Clock) -> int:
    """The present second by the project's clock; the wall's as long as there is no log."""
    return wall.now() if log is None or project.spec.clock == "wall" else log.now()


def title_of(tag: str, spec: TagSpec) -> Said:
    """What marketers call the tag; its own name where the project file gives none."""
    return Said(spec.title.en or tag, spec.title.zh or spec.title.en or tag)
