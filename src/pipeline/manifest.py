"""The manifest of a run: what went in, what came out and how it ended, as JSON in `runs/` of the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..engines.files import replace_json
from ..timeline import Clock

__all__ = ["new_run_id", "read_manifests", "write_manifest"]


def new_run_id(command: str, clock: Clock, key: str) -> str:
    """The name of a run: when, what, and a short hash of what it worked on.

    >>> from ..timeline import FixedClock
    >>> new_run_id("score", FixedClock(1514779281), "churn")
    '20180101T040121Z-score-88b207'
    """
    moment = datetime.fromtimestamp(clock.now(), UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}-{command}-{sha256(key.encode()).hexdigest()[:6]}"


def write_manifest(store_root: Path, manifest: Mapping[str, Any]) -> Path:
    """The path of the manifest, written whole or not at all; it is named after its `run_id`."""
    path = store_root / "runs" / f"{manifest['run_id']}.json"
    replace_json(path, dict(manifest))
    return path


def read_manifests(store_root: Path) -> dict[str, dict[str, Any]]:
    """The manifests of all runs by `run_id`, the oldest first; one that cannot be read is left out."""
    found = {}
    for path in sorted((store_root / "runs").glob("*.json")):
        with suppress(ValueError):
            manifest = json.loads(path.read_text())
            if isinstance(manifest, dict) and manifest.get("run_id") == path.stem:
                found[path.stem] = manifest
    return found
