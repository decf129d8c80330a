"""The words that holdouts are drawn with: the first one that an audience had stays its own, whatever it is called."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ...engines.files import canonical_json
from ...engines.store import Store
from ..audience_spec import AudienceSpec
from ..holdout import written_salt
from .declared import Project

__all__ = ["SALTS", "deciding", "definition_of", "kept_salts", "salt_of"]

SALTS = "holdouts"
"""Under what name the salts stand among the published facts."""

_DECIDING = {"where", "users", "suppress"}


def deciding(spec: AudienceSpec) -> dict[str, Any]:
    """What in the project file decides who is in the audience, as JSON holds it."""
    return spec.model_dump(mode="json", include=_DECIDING, exclude_defaults=True)


def definition_of(spec: AudienceSpec) -> str:
    """The sha256 of all in the project file that decides who is in the audience."""
    return sha256(canonical_json(deciding(spec)).encode()).hexdigest()


def salt_of(project: Project, store: Store, name: str) -> str:
    """The salt of an audience: the one in the project file, or else the one that it had when it was first saved.

    An audience that the store does not know, and that says the same as one which has left the project, is that one
    under another name, and has its salt.
    """
    spec = project.spec.audiences[name]
    kept = _kept(store)
    written = written_salt(spec.holdout)
    if written is not None or name in kept:
        return written or kept[name]["salt"]
    renamed = [one["salt"] for one in _left(project, kept).values() if one["definition"] == definition_of(spec)]
    if renamed:
        return renamed[0]
    used = {one["salt"] for one in kept.values()}
    fresh = f"audience.{name}"
    return fresh if fresh not in used else f"{fresh}.{definition_of(spec)[:8]}"


def kept_salts(project: Project, store: Store) -> dict[str, dict[str, str]]:
    """The salt and the definition of each audience, to be published; one that came back under another name is left."""
    kept = _kept(store)
    now = {
        name: {"salt": salt_of(project, store, name), "definition": definition_of(spec)}
        for name, spec in project.spec.audiences.items()
    }
    used = {one["salt"] for one in now.values()}
    return {**{name: one for name, one in _left(project, kept).items() if one["salt"] not in used}, **now}


def _kept(store: Store) -> dict[str, dict[str, str]]:
    return store.facts(SALTS)


def _left(project: Project, kept: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {name: one for name, one in kept.items() if name not in project.spec.audiences}
