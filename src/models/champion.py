"""The bundle that scoring reads: where it is kept in the store, and which one counts."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines.files import replace_json
from ..errors import DamagedError, GateError, RefusedError
from .bundle import PLAN, Bundle, read_bundle, write_bundle

__all__ = ["Pointer", "champion", "export", "groups_of", "point_to", "pointer"]


@dataclass(frozen=True)
class Pointer:
    """Which exported version is the champion, and the sha256 its bundle must have."""

    version: str
    hash: str


def champion(store_root: Path, tag: str) -> Bundle:
    """The bundle that scores the tag, every file of it checked.

    Raises:
        GateError: no model of the tag was ever let through.
        DamagedError: a file of the bundle, or the bundle pointed at, is not what was written.
    """
    found = pointer(store_root, tag)
    if found is None:
        raise GateError(f"{tag} has no champion to score with; train it first: limner train {tag}")
    bundle = read_bundle(_folder(store_root, tag, found.version))
    if bundle.hash != found.hash:
        raise DamagedError(
            f"{tag}: the bundle of version {found.version} is not the one that was promoted; "
            f"export it again: limner promote {tag} --version {found.version}"
        )
    return bundle


def pointer(store_root: Path, tag: str) -> Pointer | None:
    """Which version is the champion in the store, or None when there is none.

    Raises:
        DamagedError: the pointer cannot be read.
    """
    path = _pointer_path(store_root, tag)
    try:
        written: dict[str, Any] = json.loads(path.read_text())
        return Pointer(str(written["version"]), str(written["hash"]))
    except FileNotFoundError:
        return None
    except (IsADirectoryError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(
            f"{path} is not what was written ({type(error).__name__}); remove it, then run: limner promote {tag}"
        ) from error


def export(store_root: Path, bundle: Bundle) -> None:
    """Put a bundle into the store, whole or not at all; nothing points at it yet. A damaged copy is replaced."""
    folder = _folder(store_root, bundle.tag, bundle.version)
    try:
        write_bundle(folder, bundle)
    except (DamagedError, RefusedError):
        shutil.rmtree(folder)
        write_bundle(folder, bundle)


def point_to(store_root: Path, bundle: Bundle) -> None:
    """Make an exported bundle the champion, by one atomic replacement."""
    replace_json(_pointer_path(store_root, bundle.tag), {"version": bundle.version, "hash": bundle.hash})


def groups_of(store_root: Path, tag: str, version: str) -> dict[str, str]:
    """What each feature of an exported version is about, by its name; empty where that cannot be read any more.

    The plan is read alone and unchecked, so this is for words only.
    """
    try:
        plan = json.loads((_folder(store_root, tag, version) / PLAN).read_text())
        return {feature["name"]: feature["source"] for feature in plan["features"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _folder(store_root: Path, tag: str, version: str) -> Path:
    return store_root / "bundles" / tag / version


def _pointer_path(store_root: Path, tag: str) -> Path:
    return store_root / "bundles" / tag / "champion.json"
