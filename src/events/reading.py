"""New files on their way into canonical rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..engines.duck import working
from .contract import canonical_query, columns_of
from .raw import open_raw
from .spec import SourceSpec
from .staging import StagedFile, Staging, Unread, stage_file
from .times import register_zone
from .workplace import Workplace

__all__ = ["Reading"]


@dataclass(frozen=True)
class Reading:
    """Files to read, each of which can be read anywhere that sees it and the store.

    `latest` is SQL of the instant after which a time is taken for a mistake.
    """

    unread: tuple[Unread, ...]
    sources: Mapping[str, SourceSpec]
    ranks: Mapping[str, int]
    latest: str
    place: Workplace
    staging: Staging
    memory: str

    def file(self, number: int) -> StagedFile:
        """What was read of one of the files."""
        return self.place.once(f"read-{number:06}", StagedFile, lambda: self._read(self.unread[number]))

    def _read(self, unread: Unread) -> StagedFile:
        name = unread.where.removeprefix("sources.")
        spec = self.sources[name]
        with working(self.memory, self.place.folder) as con:
            register_zone(con, spec.timezone)
            raw = open_raw(con, unread.where, unread.file, columns_of(spec))
            query = canonical_query(name, self.ranks[name], spec, raw.columns, self.latest)
            return stage_file(con, unread, query, raw, self.staging)
