"""What an ingestion did, source by source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..timeline import shown

__all__ = ["IngestResult", "SourceResult"]


@dataclass(frozen=True)
class SourceResult:
    """One source or attribute table: files and rows, and why rows were refused. `watermark` is a UTC second."""

    name: str
    files_read: int = 0
    files_skipped: int = 0
    rows_read: int = 0
    rows_added: int = 0
    duplicates: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    ambiguous_times: int = 0
    nonexistent_times: int = 0
    watermark: int | None = None

    @property
    def rows_quarantined(self) -> int:
        """Rows that went to quarantine."""
        return sum(self.quarantined.values())

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON has it."""
        until = None if self.watermark is None else shown(self.watermark)
        return {**vars(self), "quarantined": dict(self.quarantined), "watermark": until}


@dataclass(frozen=True)
class IngestResult:
    """All sources of a run; `notes` are sentences for people."""

    sources: tuple[SourceResult, ...]
    rows: int
    users: int
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON has it."""
        return {
            "sources": [one.as_dict() for one in self.sources],
            "rows": self.rows,
            "users": self.users,
            "notes": list(self.notes),
        }
