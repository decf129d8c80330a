"""A delivery under way: its changes, and how many of them the destination confirmed; it outlives a killed run."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...engines.files import replace_json
from ...engines.store import Store
from .comparing import SENT
from .standing import DELIVERIES, Route, Standing

__all__ = ["Pending", "Stamp"]


@dataclass(frozen=True)
class Stamp:
    """Which run delivers, as of which second by the project's clock, at which by the wall's, and who asked for it."""

    run_id: str
    as_of: int
    at: int
    who: str


@dataclass(frozen=True)
class Pending:
    """A delivery whose changes lie in a folder: `sent` is how many the destination is told of, in their order.

    It has the first `confirmed` of them for certain, and of the next `flying` nobody knows; `key` is that of the last
    parcel that it confirmed, and `is_flying` until it confirmed the one on its way.
    """

    folder: Path
    id: str
    stamp: Stamp
    destination: str
    sent: int
    key: str
    confirmed: int = 0
    flying: int = 0
    is_flying: bool = True

    @classmethod
    def begin(cls, store: Store, standing: Standing, stamp: Stamp, destination: str, changes: pa.Table) -> Self:
        """The delivery, written down before anything is sent."""
        folder = _folder(store, standing.route)
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(changes, folder / "changes.parquet", compression="zstd")
        n_sent = pc.sum(pc.is_in(changes["change"], pa.array(SENT))).as_py() or 0
        return cls(folder, uuid4().hex, stamp, destination, n_sent, standing.key)._write()

    @classmethod
    def left_behind(cls, store: Store, route: Route) -> Self | None:
        """The delivery that a killed run left on this route, or None."""
        folder = _folder(store, route)
        try:
            written = json.loads((folder / "progress.json").read_text())
        except FileNotFoundError:
            return None
        return cls(folder, **{**written, "stamp": Stamp(**written["stamp"])})

    @property
    def is_complete(self) -> bool:
        """Whether the destination confirmed everything."""
        return self.confirmed == self.sent and not self.is_flying

    def changes(self) -> pa.Table:
        """All changes of the delivery."""
        return pq.read_table(self.folder / "changes.parquet", partitioning=None)

    def sending(self, rows: int) -> Self:
        """The delivery while so many more changes are on their way."""
        return replace(self, flying=rows, is_flying=True)._write()

    def taken(self, key: str) -> Self:
        """The delivery once the destination confirmed what was on its way."""
        return replace(self, confirmed=self.confirmed + self.flying, flying=0, is_flying=False, key=key)._write()

    def remove(self) -> None:
        """Forget the delivery, which is noted elsewhere now."""
        (self.folder / "progress.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self) -> Self:
        told = asdict(self)
        del told["folder"]
        replace_json(self.folder / "progress.json", told)
        return self


def _folder(store: Store, route: Route) -> Path:
    return store.root / DELIVERIES / str(route)
