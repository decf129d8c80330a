"""A service that is told what changed in an audience, batch by batch, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .posting import Poster
from .protocol import GONE, Parcel

__all__ = ["WebhookSink", "as_json", "content"]


class WebhookSink:
    """A service that takes batches of changes and confirms each with an answer of 200 to 299."""

    def __init__(self, poster: Poster, batch: int) -> None:
        self._poster = poster
        self._batch = batch

    @property
    def rows_at_once(self) -> int:
        """Changes in a batch."""
        return self._batch

    def put(self, parcel: Parcel) -> None:
        """Send the changes, unless there are none."""
        if len(parcel.changes):
            changes = [_change(row) for row in parcel.changes.to_pylist()]
            self._poster.post(as_json({"audience": parcel.audience, "changes": changes}), parcel.key)


def content(row: Mapping[str, Any]) -> dict[str, Any]:
    """What goes along with a user, as JSON holds it."""
    return {name: _plain(value) for name, value in row.items() if name not in {"change", "user_id"}}


def as_json(message: Mapping[str, Any]) -> bytes:
    """The one text of the message."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _change(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {"change": row["change"], "user_id": row["user_id"]}
    return told if row["change"] in GONE else {**told, "columns": content(row)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return None if isinstance(value, float) and not math.isfinite(value) else value
